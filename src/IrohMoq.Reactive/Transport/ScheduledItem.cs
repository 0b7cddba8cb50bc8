namespace IrohMoq.Reactive.Transport;

/// <summary>What a <see cref="SendSchedule"/> puts in order: a stream is one, so that being in the schedule allocates nothing.</summary>
internal abstract class ScheduledItem
{
    /// <summary>True while it is among those that have something to send.</summary>
    public bool IsScheduled => Flow is not null;

    /// <summary>Where it belongs; null for a flow of its own at the lowest priority.</summary>
    public SendOrder? Order { get; internal set; }

    /// <summary>True for what goes before every priority, such as control messages.</summary>
    public bool IsUrgent { get; protected init; }

    /// <summary>The flow it stands in, or null.</summary>
    internal SendFlow? Flow { get; set; }

    /// <summary>Its place in the flow's heap.</summary>
    internal int Place { get; set; }

    /// <summary>Of one position, who came first goes first.</summary>
    internal ulong Arrival { get; set; }

    internal long Position => Order.GetValueOrDefault().Position;
}
