namespace IrohMoq.Reactive;

/// <summary>The order in which a reader gets the groups of a track.</summary>
public enum GroupOrder
{
    /// <summary>As they arrive, each once: a group may overtake another. The default.</summary>
    Arrival = 0,

    /// <summary>
    /// By their numbers. A group waits until the one before it has come, or until <see cref="SubscribeOptions.MaxLatency"/> is over.
    /// </summary>
    Sequence = 1,

    /// <summary>Only the newest: what is older than the newest group that is there is skipped.</summary>
    Newest = 2,
}
