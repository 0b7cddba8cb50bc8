namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents an item that a <see cref="SendSchedule"/> orders. Streams derive from this class, so that adding a stream to the schedule
/// allocates no memory.
/// </summary>
internal abstract class ScheduledItem
{
    /// <summary>Gets a value that indicates whether the item is in the schedule because it has data to send.</summary>
    public bool IsScheduled => Flow is not null;

    /// <summary>
    /// Gets the order of the item, or null if the item is a flow of its own: at the lowest priority, unless it is urgent.
    /// </summary>
    public SendOrder? Order { get; internal set; }

    /// <summary>
    /// Gets a value that indicates whether the item is sent before items of any priority while it has no order, as control messages are.
    /// </summary>
    public bool IsUrgent { get; protected init; }

    /// <summary>Gets or sets the flow that contains the item, or null if the item is not in the schedule.</summary>
    internal SendFlow? Flow { get; set; }

    /// <summary>Gets or sets the index of the item in the heap of its flow.</summary>
    internal int Place { get; set; }

    /// <summary>Gets or sets the arrival number, which orders items that have the same position.</summary>
    internal ulong Arrival { get; set; }

    internal long Position => Order.GetValueOrDefault().Position;
}
