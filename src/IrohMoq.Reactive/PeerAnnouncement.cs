namespace IrohMoq.Reactive;

/// <summary>Reports that a broadcast of one of the peers of a <see cref="Moq"/> began or ended, or that its route has changed.</summary>
/// <param name="Session">
/// The session on which the broadcast is announced. It is a view: disposing it has no effect.
/// </param>
/// <param name="Path">The name of the broadcast.</param>
/// <param name="Broadcast">The broadcast.</param>
/// <param name="IsActive">
/// <see langword="true"/> if the broadcast began or is live by another route; <see langword="false"/> if it ended.
/// </param>
public sealed record PeerAnnouncement(MoqSession Session, BroadcastPath Path, BroadcastConsumer Broadcast, bool IsActive)
{
    /// <summary>Gets the ID of the peer that announces the broadcast.</summary>
    public EndpointId RemoteId => Session.RemoteId;

    /// <summary>
    /// Gets the way by which the broadcast comes at this moment, or came before it ended. <see cref="BroadcastConsumer.Route"/> may be
    /// newer.
    /// </summary>
    public BroadcastRoute Route { get; internal init; } = Broadcast.Route;

    /// <summary>
    /// Gets a value indicating whether only the route of a broadcast has changed that began before. Such changes are reported only to those
    /// who ask for them.
    /// </summary>
    public bool IsRouteChange { get; internal init; }
}
