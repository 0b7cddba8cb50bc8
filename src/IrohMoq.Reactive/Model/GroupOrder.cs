namespace IrohMoq.Reactive;

/// <summary>Specifies the order in which a reader receives the groups of a track.</summary>
public enum GroupOrder
{
    /// <summary>
    /// Groups are delivered in the order in which they arrive, each once; a group may overtake another. This is the default.
    /// </summary>
    Arrival = 0,

    /// <summary>
    /// Groups are delivered in the order of their numbers. A group waits until the group before it has arrived, or until
    /// <see cref="SubscribeOptions.MaxLatency"/> has elapsed.
    /// </summary>
    Sequence = 1,

    /// <summary>Only the newest available group is delivered; older groups are skipped.</summary>
    Newest = 2,
}
