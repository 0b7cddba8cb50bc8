namespace IrohMoq.Reactive.Transport;

/// <summary>
/// The base of what a <see cref="SendSchedule"/> puts in order. A stream derives from it, so that adding it to the schedule allocates
/// nothing.
/// </summary>
internal abstract class ScheduledItem
{
    /// <summary>True while it is in the schedule because it has data to send.</summary>
    public bool IsScheduled => Flow is not null;

    /// <summary>Its order; null for a flow of its own at the lowest priority.</summary>
    public SendOrder? Order { get; internal set; }

    /// <summary>True if it goes before every priority, as control messages do.</summary>
    public bool IsUrgent { get; protected init; }

    /// <summary>The flow that it is in, or null.</summary>
    internal SendFlow? Flow { get; set; }

    /// <summary>Its place in the flow's heap.</summary>
    internal int Place { get; set; }

    /// <summary>The order of arrival, which decides between items of one position.</summary>
    internal ulong Arrival { get; set; }

    internal long Position => Order.GetValueOrDefault().Position;
}
