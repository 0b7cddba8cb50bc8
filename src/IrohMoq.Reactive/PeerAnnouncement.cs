namespace IrohMoq.Reactive;

/// <summary>Reports that a broadcast of one of the peers of a <see cref="Moq"/> began or ended.</summary>
/// <param name="Session">
/// The session on which the broadcast is announced. It is a view: disposing it has no effect.
/// </param>
/// <param name="Path">The name of the broadcast.</param>
/// <param name="Broadcast">The broadcast.</param>
/// <param name="IsActive"><see langword="true"/> if the broadcast began; <see langword="false"/> if it ended.</param>
public sealed record PeerAnnouncement(MoqSession Session, BroadcastPath Path, BroadcastConsumer Broadcast, bool IsActive)
{
    /// <summary>Gets the ID of the peer that announces the broadcast.</summary>
    public EndpointId RemoteId => Session.RemoteId;
}
