namespace IrohMoq.Reactive;

/// <summary>A broadcast began or ended.</summary>
/// <param name="Path">Its whole name.</param>
/// <param name="Broadcast">The broadcast that began; on an end the one that ended.</param>
/// <param name="IsActive">True if it began.</param>
public sealed record Announcement(BroadcastPath Path, BroadcastConsumer Broadcast, bool IsActive);
