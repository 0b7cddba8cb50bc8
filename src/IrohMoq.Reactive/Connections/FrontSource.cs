using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Connections;

/// <summary>Represents a broadcast that the peer of one session announces, as a source of a front.</summary>
internal sealed class FrontSource(SharedSession session, BroadcastPath path, BroadcastProducer broadcast)
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

    /// <summary>Returns the source with its connection, or null if the peer cannot be asked for a track now.</summary>
    public TrackSource? TryUse() => broadcast.Ended is null && session.Connections.Announcing(path, broadcast) is { } connection
        ? new TrackSource(connection, broadcast)
        : null;
}
