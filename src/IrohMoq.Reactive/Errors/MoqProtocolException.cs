namespace IrohMoq.Reactive;

/// <summary>
/// The exception that is thrown when a message of the peer was malformed, too large or not allowed. It names the message and the offset in
/// it.
/// </summary>
public sealed class MoqProtocolException : MoqException
{
    /// <summary>Initializes a new instance of the class.</summary>
    /// <param name="code">The code of the protocol, <see cref="MoqErrorCode.Decode"/> for a malformed message.</param>
    /// <param name="message">What is wrong, with the message's name and the offset in bytes.</param>
    public MoqProtocolException(MoqErrorCode code, string message)
        : base(code, message, isRemote: true)
    {
    }
}
