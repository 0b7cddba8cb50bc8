namespace IrohMoq.Reactive;

/// <summary>Specifies what ended a session.</summary>
public enum SessionEndCause
{
    /// <summary>One of the two sides closed the session, with a code and a reason.</summary>
    Closed,

    /// <summary>The peer sent nothing within the idle timeout.</summary>
    TimedOut,

    /// <summary>The peer does not know the connection any more, for example after a restart.</summary>
    Reset,

    /// <summary>The transport of this side or of the peer reported an error.</summary>
    TransportError,

    /// <summary>
    /// One of the two sides detected that the network path does not carry the packets of the session. A new session over another address
    /// or network may succeed.
    /// </summary>
    NoViablePath,

    /// <summary>
    /// The encryption keys of the session have been used as often as is safe, and could not be replaced. A new session has new keys.
    /// </summary>
    AeadLimitReached,

    /// <summary>
    /// One of the two sides was going away, and had asked the other one with GOAWAY to leave. The code is <see
    /// cref="MoqErrorCode.Cancel"/>, or <see cref="MoqErrorCode.GoawayTimeout"/> if the other one did not leave in time.
    /// </summary>
    GoingAway,
}
