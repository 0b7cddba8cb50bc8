namespace IrohMoq.Reactive;

/// <summary>The exception that is thrown when a peer cannot be dialed. <see cref="Error"/> says why.</summary>
public sealed class MoqConnectException : MoqException
{
    /// <summary>Initializes a new instance of the class.</summary>
    /// <param name="error">The reason for the failure.</param>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="isRemote">True if the peer caused the failure.</param>
    /// <param name="innerException">The cause of the failure, if there is one.</param>
    public MoqConnectException(ConnectError error, string message, bool isRemote = false, Exception? innerException = null)
        : base(CodeOf(error), message, isRemote, innerException) => Error = error;

    /// <summary>Gets the reason for the failure.</summary>
    public ConnectError Error { get; }

    /// <summary>
    /// Gets a value that indicates whether the same dial may succeed later: true for a failure that may pass by itself, false for one that
    /// stays.
    /// </summary>
    public bool IsTransient => Error is
        ConnectError.Other or ConnectError.TimedOut or ConnectError.TooManySessions or ConnectError.Busy or ConnectError.NotServing;

    private static MoqErrorCode CodeOf(ConnectError error) => error switch
    {
        ConnectError.TimedOut => MoqErrorCode.Timeout,
        ConnectError.TooManySessions => MoqErrorCode.BoundsExceeded,
        _ => MoqErrorCode.Transport,
    };
}
