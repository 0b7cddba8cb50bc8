namespace IrohMoq.Reactive;

/// <summary>How a reader wants the groups of a track.</summary>
/// <remarks>
/// What several readers of one remote track want is combined into one subscription: the highest priority, the longest latency, and oldest
/// first unless all of them want the newest group only. See moq-lite, "SUBSCRIBE".
/// </remarks>
public sealed record SubscribeOptions
{
    /// <summary>
    /// Gets the default options: arrival order from the newest group on, and every group that the publisher keeps long enough.
    /// </summary>
    public static SubscribeOptions Default { get; } = new();

    /// <summary>Gets the order of the groups. The default is <see cref="GroupOrder.Arrival"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a defined order.</exception>
    public GroupOrder Order
    {
        get;
        init => field = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Order), value, $"The order must be a defined value of {nameof(GroupOrder)}.");
    }

    /// <summary>
    /// Gets the group to begin with. The default is <see cref="GroupStart.Latest"/>. A change after the reading has begun has no effect.
    /// </summary>
    public GroupStart Start { get; init; }

    /// <summary>
    /// Gets the priority, 0 to 255. The higher it is, the sooner the publisher sends a group of this track when the path is narrow. The
    /// default is 0.
    /// </summary>
    public byte Priority { get; init; }

    /// <summary>
    /// Gets how much older than the newest group a group may be, zero or more; older groups are skipped and counted in
    /// <see cref="GroupConsumer.Skipped"/>. In sequence order it is also how long missing groups are waited for: once for all that are
    /// missing before a group, and not for each of them. The default is null: the reader waits as long as the publisher keeps a group. It
    /// has no effect with <see cref="GroupOrder.Newest"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan? MaxLatency
    {
        get;
        init
        {
            if (value is { } latency)
                ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero, nameof(MaxLatency));
            field = value;
        }
    }

    /// <summary>Gets the latency that the reader accepts: zero for the newest group only, null for no limit.</summary>
    internal TimeSpan? AcceptedLatency => Order == GroupOrder.Newest ? TimeSpan.Zero : MaxLatency;

    /// <summary>Combines what two readers of one remote track want into what is asked of its publisher.</summary>
    internal SubscribeOptions CombineWith(SubscribeOptions other) => new()
    {
        Order = Order == other.Order ? Order : GroupOrder.Arrival,
        Priority = Math.Max(Priority, other.Priority),
        MaxLatency = AcceptedLatency is { } first && other.AcceptedLatency is { } second ? (first > second ? first : second) : null,
        Start = Start.Sequence is { } from && (other.Start.Sequence is not { } otherFrom || from < otherFrom) ? Start : other.Start,
    };
}
