namespace IrohMoq.Reactive;

/// <summary>A broadcast of one of several peers began or ended.</summary>
/// <param name="Session">The session that it came by, to look at: it holds nothing.</param>
/// <param name="Path">Its whole name.</param>
/// <param name="Broadcast">The broadcast that began; on an end the one that ended.</param>
/// <param name="IsActive">True if it began.</param>
public sealed record PeerAnnouncement(MoqSession Session, BroadcastPath Path, BroadcastConsumer Broadcast, bool IsActive)
{
    /// <summary>Whose it is.</summary>
    public EndpointId RemoteId => Session.RemoteId;
}
