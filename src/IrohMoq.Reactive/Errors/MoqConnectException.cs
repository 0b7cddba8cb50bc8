namespace IrohMoq.Reactive;

/// <summary>The exception that is thrown when a peer cannot be dialed. <see cref="Error"/> specifies the reason.</summary>
public sealed class MoqConnectException : MoqException
{
    /// <summary>Initializes a new instance of the <see cref="MoqConnectException"/> class.</summary>
    /// <param name="error">The reason for the failure.</param>
    /// <param name="message">A message that describes what happened and how to resolve it.</param>
    /// <param name="isRemote">True if the peer caused the failure.</param>
    /// <param name="innerException">The cause of the failure, if there is one.</param>
    public MoqConnectException(ConnectError error, string message, bool isRemote = false, Exception? innerException = null)
        : base(CodeOf(error), message, isRemote, innerException) => Error = error;

    /// <summary>Gets the reason for the failure.</summary>
    public ConnectError Error { get; }

    /// <summary>
    /// Gets a value that indicates whether the same dial may succeed later: true for a temporary failure, false for a permanent one.
    /// </summary>
    public bool IsTransient => Error is
        ConnectError.Other or ConnectError.TimedOut or ConnectError.TooManySessions or ConnectError.Busy or ConnectError.NotServing
        or ConnectError.OtherRequest;

    private static MoqErrorCode CodeOf(ConnectError error) => error switch
    {
        ConnectError.TimedOut => MoqErrorCode.Timeout,
        ConnectError.TooManySessions => MoqErrorCode.BoundsExceeded,
        ConnectError.OtherRequest => MoqErrorCode.Duplicate,
        _ => MoqErrorCode.Transport,
    };
}
