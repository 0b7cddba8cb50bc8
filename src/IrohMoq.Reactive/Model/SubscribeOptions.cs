namespace IrohMoq.Reactive;

/// <summary>
/// How a reader wants the groups of a track. What several readers of one remote track want is combined into one subscription: the highest priority, the longest latency, oldest first unless all want the newest only.
/// See moq-lite, "SUBSCRIBE".
/// </summary>
public sealed record SubscribeOptions
{
    private readonly TimeSpan? _maxLatency;

    /// <summary>Arrival order from the newest group on, and everything that the publisher keeps long enough.</summary>
    public static SubscribeOptions Default { get; } = new();

    /// <summary>The order of the groups. The default is <see cref="GroupOrder.Arrival"/>.</summary>
    public GroupOrder Order { get; init; }

    /// <summary>The group to begin with. The default is <see cref="GroupStart.Latest"/>. Changing it later changes nothing.</summary>
    public GroupStart Start { get; init; }

    /// <summary>0 to 255; the higher, the sooner the publisher sends a group of this track when the path is narrow. The default is 0.</summary>
    public byte Priority { get; init; }

    /// <summary>
    /// How much older than the newest group a group may be, 0 or more; older ones are skipped and counted in <see cref="GroupConsumer.Skipped"/>. In sequence order it is also how long a missing group is waited for, once for all that are
    /// missing and not anew for each. The default is null: the reader waits as long as the publisher keeps a group. Has no effect with <see cref="GroupOrder.Newest"/>.
    /// </summary>
    public TimeSpan? MaxLatency
    {
        get => _maxLatency;
        init
        {
            if (value is { } latency)
                ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero, nameof(MaxLatency));
            _maxLatency = value;
        }
    }

    /// <summary>The latency that the reader accepts: zero for the newest only, null for no limit.</summary>
    internal TimeSpan? AcceptedLatency => Order == GroupOrder.Newest ? TimeSpan.Zero : MaxLatency;
}
