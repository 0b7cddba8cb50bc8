namespace IrohMoq.Reactive.Manager;

/// <summary>Represents something that happened, as a value: a request of the application, or the result of an effect.</summary>
internal abstract record MoqEvent
{
    /// <summary>A caller requested a session with a peer.</summary>
    /// <param name="Caller">The number of the call.</param>
    /// <param name="Dial">The number for a new dial, if one is needed.</param>
    /// <param name="Remote">The peer and its addresses.</param>
    /// <param name="Request">The path and the role that the session must have, or null for any.</param>
    internal sealed record ConnectRequested(long Caller, long Dial, EndpointAddr Remote, SessionRequest? Request = null) : MoqEvent;

    /// <summary>A caller canceled its request for a session.</summary>
    internal sealed record ConnectCanceled(long Caller, PeerKey Peer) : MoqEvent;

    /// <summary>A dial succeeded.</summary>
    internal sealed record DialSucceeded(long Dial, PeerKey Peer, long Connection) : MoqEvent;

    /// <summary>A dial failed. The exception is stored with the dial.</summary>
    internal sealed record DialFailed(long Dial, PeerKey Peer) : MoqEvent;

    /// <summary>A connection that a peer dialed was accepted.</summary>
    internal sealed record ConnectionArrived(long Connection, PeerKey Peer) : MoqEvent;

    /// <summary>The peer opened a stream on a candidate connection, which shows that the peer uses the connection.</summary>
    internal sealed record StreamArrived(long Connection) : MoqEvent;

    /// <summary>The peer did not open a stream on a candidate connection in time.</summary>
    internal sealed record CandidateTimedOut(long Connection) : MoqEvent;

    /// <summary>A connection ended.</summary>
    /// <param name="Connection">The connection.</param>
    /// <param name="IsSuperseded">True if the peer closed the connection because it uses another connection to this side.</param>
    internal sealed record ConnectionEnded(long Connection, bool IsSuperseded = false) : MoqEvent;

    /// <summary>The peer asked this side with GOAWAY to leave a connection.</summary>
    /// <param name="Connection">The connection.</param>
    /// <param name="Dial">The number for a new dial, if one is needed.</param>
    /// <param name="Uri">The URI at which the peer may be reached instead; empty if it has named none.</param>
    /// <param name="MayMove">True if the peer may be dialed again, because it has named no URI or its own.</param>
    internal sealed record PeerGoingAway(long Connection, long Dial, string Uri = "", bool MayMove = true) : MoqEvent;

    /// <summary>The application asks the peer of a session with GOAWAY to leave.</summary>
    internal sealed record SessionGoingAway(long Session) : MoqEvent;

    /// <summary>The application accepted a session that waited for its decision.</summary>
    internal sealed record SessionAccepted(long Session) : MoqEvent;

    /// <summary>The application neither accepted nor rejected a session in time.</summary>
    internal sealed record DecisionTimedOut(long Session) : MoqEvent;

    /// <summary>The application closed or rejected a session. Its connections are closing.</summary>
    internal sealed record SessionClosing(long Session) : MoqEvent;

    /// <summary>The application created a handle of a session that a peer dialed.</summary>
    internal sealed record LeaseTaken(long Session) : MoqEvent;

    /// <summary>A track that the application reads by name, over all sessions, is read from a session.</summary>
    internal sealed record ReadingBegan(long Session) : MoqEvent;

    /// <summary>The application disposed a handle of a session, or a track that was read by name is read from it no longer.</summary>
    internal sealed record LeaseReturned(long Session) : MoqEvent;

    /// <summary>A session was unused for its linger time.</summary>
    internal sealed record LingerElapsed(long Session, long Linger) : MoqEvent;

    /// <summary>The application published a broadcast, which replaces a published broadcast with the same name.</summary>
    internal sealed record BroadcastPublished(long Broadcast, BroadcastPath Name) : MoqEvent;

    /// <summary>A published broadcast ended, or its registration was disposed.</summary>
    internal sealed record BroadcastEnded(long Broadcast, BroadcastPath Name, BroadcastEndedBy By) : MoqEvent;

    /// <summary>The application requested the shutdown of the manager.</summary>
    internal sealed record ShutdownRequested : MoqEvent;

    /// <summary>The endpoint ended.</summary>
    internal sealed record EndpointEnded : MoqEvent;
}
