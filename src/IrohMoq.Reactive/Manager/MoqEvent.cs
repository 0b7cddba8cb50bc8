namespace IrohMoq.Reactive.Manager;

/// <summary>Something that happened, as a value: a command of the application, or the result of an effect.</summary>
internal abstract record MoqEvent
{
    /// <summary>A caller asks for a session with a peer.</summary>
    /// <param name="Caller">The number of the call.</param>
    /// <param name="Dial">The number that a dial gets if one has to begin.</param>
    /// <param name="Remote">The peer and its addresses.</param>
    internal sealed record ConnectRequested(long Caller, long Dial, EndpointAddr Remote) : MoqEvent;

    /// <summary>A caller no longer waits.</summary>
    internal sealed record ConnectCanceled(long Caller, PeerKey Peer) : MoqEvent;

    /// <summary>A dial succeeded.</summary>
    internal sealed record DialSucceeded(long Dial, PeerKey Peer, long Connection) : MoqEvent;

    /// <summary>A dial failed. Its failure is kept with the dial.</summary>
    internal sealed record DialFailed(long Dial, PeerKey Peer) : MoqEvent;

    /// <summary>A connection that a peer dialed was accepted.</summary>
    internal sealed record ConnectionArrived(long Connection, PeerKey Peer) : MoqEvent;

    /// <summary>The peer opened a stream on a candidate: it uses this connection.</summary>
    internal sealed record StreamArrived(long Connection) : MoqEvent;

    /// <summary>The peer did not open a stream on a candidate in time.</summary>
    internal sealed record CandidateTimedOut(long Connection) : MoqEvent;

    /// <summary>A connection ended.</summary>
    /// <param name="Connection">The connection.</param>
    /// <param name="IsSuperseded">True if the peer closed it because it uses another one with this side.</param>
    internal sealed record ConnectionEnded(long Connection, bool IsSuperseded = false) : MoqEvent;

    /// <summary>The application accepted a session that waited for its decision.</summary>
    internal sealed record SessionAccepted(long Session) : MoqEvent;

    /// <summary>The application did not decide about a session in time.</summary>
    internal sealed record DecisionTimedOut(long Session) : MoqEvent;

    /// <summary>The application closed or rejected a session. Its connections are closing.</summary>
    internal sealed record SessionClosing(long Session) : MoqEvent;

    /// <summary>The application took a handle of a session that a peer dialed.</summary>
    internal sealed record LeaseTaken(long Session) : MoqEvent;

    /// <summary>The application disposed a handle of a session.</summary>
    internal sealed record LeaseReturned(long Session) : MoqEvent;

    /// <summary>No caller has asked for a session within its linger.</summary>
    internal sealed record LingerElapsed(long Session, long Linger) : MoqEvent;

    /// <summary>The application published a broadcast; it replaces the one of that name.</summary>
    internal sealed record BroadcastPublished(long Broadcast, BroadcastPath Name) : MoqEvent;

    /// <summary>A broadcast ended, or its registration was disposed.</summary>
    internal sealed record BroadcastEnded(long Broadcast, BroadcastPath Name, BroadcastEndedBy By) : MoqEvent;

    /// <summary>The application shuts the manager down.</summary>
    internal sealed record ShutdownRequested : MoqEvent;

    /// <summary>The endpoint died.</summary>
    internal sealed record EndpointEnded : MoqEvent;
}
