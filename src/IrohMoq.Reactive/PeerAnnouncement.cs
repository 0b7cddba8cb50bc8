namespace IrohMoq.Reactive;

/// <summary>Reports that a broadcast of one of several peers began or ended.</summary>
/// <param name="Session">The session that announces it. It is a view that keeps nothing open: disposing it changes nothing.</param>
/// <param name="Path">The broadcast's name.</param>
/// <param name="Broadcast">The broadcast.</param>
/// <param name="IsActive"><see langword="true"/> if the broadcast began.</param>
public sealed record PeerAnnouncement(MoqSession Session, BroadcastPath Path, BroadcastConsumer Broadcast, bool IsActive)
{
    /// <summary>Gets the peer's id.</summary>
    public EndpointId RemoteId => Session.RemoteId;
}
