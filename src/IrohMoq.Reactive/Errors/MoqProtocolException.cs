namespace IrohMoq.Reactive;

/// <summary>
/// The exception that is thrown when a message of the peer was malformed, too large or not allowed. The text of the exception contains
/// the name of the message and the offset of the error.
/// </summary>
public sealed class MoqProtocolException : MoqException
{
    /// <summary>Initializes a new instance of the <see cref="MoqProtocolException"/> class.</summary>
    /// <param name="code">The protocol code, which is <see cref="MoqErrorCode.Decode"/> for a malformed message.</param>
    /// <param name="message">A description of the error, with the name of the protocol message and the offset in bytes.</param>
    public MoqProtocolException(MoqErrorCode code, string message)
        : base(code, message, isRemote: true)
    {
    }

    /// <summary>
    /// Gets a value that indicates whether moq-lite demands that the session is closed because of this violation. If the value is false,
    /// only the stream that carried the message fails.
    /// </summary>
    internal bool ClosesSession { get; init; }
}
