namespace IrohMoq.Reactive;

/// <summary>A peer could not be dialed: not reached, not the peer that was asked for, no protocol in common, or refused.</summary>
public sealed class MoqConnectException : MoqException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">What stood in the way.</param>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="isRemote">True if the peer refused.</param>
    /// <param name="innerException">What lies behind it, if anything.</param>
    public MoqConnectException(ConnectError error, string message, bool isRemote = false, Exception? innerException = null)
        : base(CodeOf(error), message, isRemote, innerException) => Error = error;

    /// <summary>What stood in the way.</summary>
    public ConnectError Error { get; }

    private static MoqErrorCode CodeOf(ConnectError error) => error switch
    {
        ConnectError.TimedOut => MoqErrorCode.Timeout,
        ConnectError.TooManySessions => MoqErrorCode.BoundsExceeded,
        _ => MoqErrorCode.Transport,
    };
}
