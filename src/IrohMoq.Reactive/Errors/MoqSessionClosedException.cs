namespace IrohMoq.Reactive;

/// <summary>
/// The exception that is thrown when the session has ended. Dial the peer again to continue, unless it refuses this side.
/// </summary>
public sealed class MoqSessionClosedException : MoqException
{
    /// <summary>Initializes a new instance of the <see cref="MoqSessionClosedException"/> class.</summary>
    /// <param name="code">The code with which the session was closed.</param>
    /// <param name="message">A message that describes what happened and how to resolve it.</param>
    /// <param name="isRemote">True if the peer closed the session, or was going away.</param>
    /// <param name="innerException">The cause of the failure, if there is one.</param>
    public MoqSessionClosedException(MoqErrorCode code, string message, bool isRemote = false, Exception? innerException = null)
        : base(code, message, isRemote, innerException)
    {
    }

    /// <summary>
    /// Gets what has ended the session. It tells apart a session that was closed, a peer that was going away, and a lost connection.
    /// </summary>
    public SessionEndCause Cause { get; init; }

    /// <summary>
    /// Gets a value indicating whether the peer refuses this side, so that dialing it again leads to the same result. See
    /// <see cref="SessionClosed.IsRefused"/>.
    /// </summary>
    public bool IsRefused => Cause == SessionEndCause.Closed && IsRemote && Code == MoqErrorCode.Unauthorized;
}
