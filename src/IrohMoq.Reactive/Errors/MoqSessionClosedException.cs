namespace IrohMoq.Reactive;

/// <summary>The session is over; nothing more can be done on it. Dial again to go on.</summary>
public sealed class MoqSessionClosedException : MoqException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">The code that the session was closed with.</param>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="isRemote">True if the peer closed it.</param>
    /// <param name="innerException">What lies behind it, if anything.</param>
    public MoqSessionClosedException(MoqErrorCode code, string message, bool isRemote = false, Exception? innerException = null)
        : base(code, message, isRemote, innerException)
    {
    }
}
