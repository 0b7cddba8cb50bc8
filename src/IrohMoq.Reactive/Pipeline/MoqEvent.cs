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
    internal sealed record OfferFailed(long Waiter, long Dial, EndpointAddr Remote, long Session) : MoqEvent;

    /// <summary>A caller no longer waits.</summary>
    internal sealed record ConnectCancelled(long Waiter, EndpointId Peer) : MoqEvent;

    /// <summary>A dial brought a session.</summary>
    internal sealed record DialSucceeded(long Dial, EndpointId Peer, long Session) : MoqEvent;

    /// <summary>A dial failed; the shell keeps why.</summary>
    internal sealed record DialFailed(long Dial, EndpointId Peer) : MoqEvent;

    /// <summary>A peer's connection was accepted.</summary>
    internal sealed record SessionArrived(long Session, EndpointId Peer) : MoqEvent;

    /// <summary>A session is over.</summary>
    internal sealed record SessionEnded(long Session) : MoqEvent;

    /// <summary>A broadcast is to be published, or replaces the one of that name.</summary>
    internal sealed record BroadcastPublished(long Broadcast, BroadcastPath Name) : MoqEvent;

    /// <summary>A broadcast ended or was taken back.</summary>
    internal sealed record BroadcastEnded(long Broadcast, BroadcastPath Name) : MoqEvent;

    /// <summary>The user's end: everything is closed.</summary>
    internal sealed record ShutdownRequested : MoqEvent;

    /// <summary>The endpoint is over, and everything with it.</summary>
    internal sealed record EndpointEnded : MoqEvent;
}
