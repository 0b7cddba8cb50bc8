using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Connections;

/// <summary>Represents a broadcast that the peer of one session announces, as a source of a front.</summary>
/// <param name="session">The session.</param>
/// <param name="name">The name of the announcement.</param>
/// <param name="broadcast">The broadcast.</param>
internal sealed class FrontSource(SharedSession session, BroadcastPath name, BroadcastProducer broadcast)
{
    public BroadcastProducer Broadcast => broadcast;

    /// <summary>Gets what determines whether this source is used before another one.</summary>
    public (BroadcastRoute Route, long Session) Rank => (broadcast.Route, session.Number);

    /// <summary>Gets how the broadcast has ended, or null while it is announced.</summary>
    public BroadcastEnd? End => broadcast.Ended
        ?? (session.Ended is { } closed ? new BroadcastEnd(BroadcastEndCause.SessionEnded, closed.Code) : null);

    /// <summary>
    /// Determines whether the source leads through a peer: it is the peer that announces it, or the peer has forwarded the announcement.
    /// </summary>
    public bool LeadsThrough(Requester peer) =>
        broadcast.Route.LeadsThrough(peer.Hop)
        || (peer.Id.Length == EndpointId.Size && session.RemoteId == new EndpointId(peer.Id.Span));

    /// <summary>Keeps the session open in which the broadcast is announced, until the returned object is disposed.</summary>
    public IDisposable HoldSession() => session.HoldForReading();

    /// <summary>Gets a value indicating whether names below that of the announcement can be requested from the peer.</summary>
    public bool HasNamesBelow => broadcast.Below is not null;

    /// <summary>
    /// Returns the source with its connection, or null if the peer cannot be asked now for a track of the broadcast with the given name.
    /// </summary>
    /// <param name="path">The name of the announcement, or one below it.</param>
    public TrackSource? TryUse(BroadcastPath path) =>
        (path == name || HasNamesBelow) && broadcast.Ended is null && session.Connections.Announcing(name, broadcast) is { } connection
            ? new TrackSource(connection, broadcast)
            : null;
}
