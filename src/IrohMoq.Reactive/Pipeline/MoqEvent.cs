namespace IrohMoq.Reactive.Pipeline;

/// <summary>What happened, as a value: a command of the user, or the result of an effect.</summary>
internal abstract record MoqEvent
{
    /// <summary>A caller wants a session with a peer.</summary>
    /// <param name="Waiter">The caller.</param>
    /// <param name="Dial">The number of the dial that begins if there is nothing to join.</param>
    /// <param name="Remote">The peer, and where it may be reached.</param>
    internal sealed record ConnectRequested(long Waiter, long Dial, EndpointAddr Remote) : MoqEvent;

    /// <summary>The session that a caller was offered is over, although it has not reported its end yet.</summary>
    /// <param name="Waiter">The caller.</param>
    /// <param name="Dial">The number of the dial that begins if there is nothing to join.</param>
    /// <param name="Remote">The peer, and where it may be reached.</param>
    /// <param name="Session">The session.</param>
    /// <param name="IsSuperseded">True if the peer closed its connection because it has another one with this side.</param>
    internal sealed record OfferFailed(long Waiter, long Dial, EndpointAddr Remote, long Session, bool IsSuperseded = false) : MoqEvent;

    /// <summary>A caller no longer waits.</summary>
    internal sealed record ConnectCanceled(long Waiter, EndpointId Peer) : MoqEvent;

    /// <summary>A dial brought a connection.</summary>
    internal sealed record DialSucceeded(long Dial, EndpointId Peer, long Connection) : MoqEvent;

    /// <summary>A dial failed; the shell keeps why.</summary>
    internal sealed record DialFailed(long Dial, EndpointId Peer) : MoqEvent;

    /// <summary>A peer's connection was accepted.</summary>
    internal sealed record ConnectionArrived(long Connection, EndpointId Peer) : MoqEvent;

    /// <summary>The peer has opened a stream on a candidate: it means this connection.</summary>
    internal sealed record StreamArrived(long Connection) : MoqEvent;

    /// <summary>The peer has had its time to open a stream on a candidate.</summary>
    internal sealed record CandidateTimedOut(long Connection) : MoqEvent;

    /// <summary>The session that a connection was to carry is over, although it has not reported its end yet.</summary>
    internal sealed record JoinFailed(long Session, long Connection) : MoqEvent;

    /// <summary>A connection is over.</summary>
    /// <param name="Connection">Which one.</param>
    /// <param name="IsSuperseded">True if the peer closed it because it has another one with this side.</param>
    internal sealed record ConnectionEnded(long Connection, bool IsSuperseded = false) : MoqEvent;

    /// <summary>The application took a session that waited for its decision.</summary>
    internal sealed record SessionAccepted(long Session) : MoqEvent;

    /// <summary>The application has had its time to decide about a session.</summary>
    internal sealed record DecisionTimedOut(long Session) : MoqEvent;

    /// <summary>A caller gave its hold of a session back.</summary>
    internal sealed record LeaseReturned(long Session) : MoqEvent;

    /// <summary>Nobody has taken hold of a session again within the linger.</summary>
    internal sealed record LingerElapsed(long Session, long Linger) : MoqEvent;

    /// <summary>A broadcast is to be published, or replaces the one of that name.</summary>
    internal sealed record BroadcastPublished(long Broadcast, BroadcastPath Name) : MoqEvent;

    /// <summary>A broadcast ended or was taken back.</summary>
    internal sealed record BroadcastEnded(long Broadcast, BroadcastPath Name, BroadcastEndedBy By) : MoqEvent;

    /// <summary>The user's end: everything is closed.</summary>
    internal sealed record ShutdownRequested : MoqEvent;

    /// <summary>The endpoint is over, and everything with it.</summary>
    internal sealed record EndpointEnded : MoqEvent;
}
