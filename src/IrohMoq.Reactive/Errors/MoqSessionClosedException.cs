namespace IrohMoq.Reactive;

/// <summary>The exception that is thrown when the session has ended. Dial the peer again to go on.</summary>
public sealed class MoqSessionClosedException : MoqException
{
    /// <summary>Initializes a new instance of the class.</summary>
    /// <param name="code">The code that the session was closed with.</param>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="isRemote">True if the peer closed the session.</param>
    /// <param name="innerException">The cause of the failure, if there is one.</param>
    public MoqSessionClosedException(MoqErrorCode code, string message, bool isRemote = false, Exception? innerException = null)
        : base(code, message, isRemote, innerException)
    {
    }
}
