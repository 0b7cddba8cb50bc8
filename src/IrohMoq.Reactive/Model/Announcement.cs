namespace IrohMoq.Reactive;

/// <summary>Represents a change in a set of broadcasts: a broadcast began or ended.</summary>
/// <param name="Path">The name of the broadcast.</param>
/// <param name="Broadcast">The broadcast that began or ended.</param>
/// <param name="IsActive">True if the broadcast began, false if it ended.</param>
public sealed record Announcement(BroadcastPath Path, BroadcastConsumer Broadcast, bool IsActive)
{
    /// <summary>Gets a value indicating whether the broadcast was live before, and only its route has changed.</summary>
    internal bool IsRouteChange { get; init; }
}
