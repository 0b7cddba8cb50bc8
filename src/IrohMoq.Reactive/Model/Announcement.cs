namespace IrohMoq.Reactive;

/// <summary>Represents a change in a set of broadcasts: a broadcast began or ended, or its route has changed.</summary>
/// <param name="Path">The name of the broadcast.</param>
/// <param name="Broadcast">The broadcast that began, ended, or has another route.</param>
/// <param name="IsActive">True if the broadcast began or is live by another route, false if it ended.</param>
public sealed record Announcement(BroadcastPath Path, BroadcastConsumer Broadcast, bool IsActive)
{
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
