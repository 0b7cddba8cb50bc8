namespace IrohMoq.Reactive;

/// <summary>Specifies how a reader receives the groups of a track.</summary>
/// <remarks>
/// The options of several readers of one remote track are combined into one subscription: the highest priority, the longest latency, the
/// earliest start, and the oldest group first unless all readers request the newest group only. They are combined anew when a reader joins,
/// changes its options or leaves. See moq-lite, "SUBSCRIBE" and "SUBSCRIBE_UPDATE".
/// </remarks>
public sealed record SubscribeOptions
{
    /// <summary>
    /// Gets the default options: arrival order from the newest group on, and every group that the publisher keeps long enough.
    /// </summary>
    public static SubscribeOptions Default { get; } = new();

    /// <summary>Gets the order in which the reader receives groups. The default is <see cref="GroupOrder.Arrival"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a defined order.</exception>
    public GroupOrder Order
    {
        get;
        init => field = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Order), value, $"The order must be a defined value of {nameof(GroupOrder)}.");
    }

    /// <summary>
    /// Gets the group with which the reader begins. The default is <see cref="GroupStart.Latest"/>. A change has no effect after the
    /// reader has been opened.
    /// </summary>
    /// <remarks>
    /// If other readers read a remote track already, the publisher is asked for the groups before those that they have requested, as far as
    /// it keeps them. In sequence order, the reader waits for them until none has arrived for three times the round-trip time, at least
    /// 250 ms and at most 2 s. Groups that the other readers have read, and that are not kept on this side any more, are not sent again:
    /// see <see cref="TrackConsumer.FetchAsync"/>. In moq-lite-03 and 04, only a publisher that states its own delivery terms can be asked,
    /// as those of this library do; from any other, the reader receives what the first reader has requested. A reader that begins with the
    /// newest group does not wait for a group that only exists later and with which other readers begin.
    /// </remarks>
    public GroupStart Start { get; init; }

    /// <summary>
    /// Gets the zero-based index of the first frame that is read of the group that <see cref="Start"/> names, for example to continue a
    /// group whose first frames were read before. Later groups are read from their first frames. A group that is not available from this
    /// frame on is skipped as a whole. The default is 0. The value has no effect without such a group, and a change has none after the
    /// reader has been opened.
    /// </summary>
    /// <remarks>
    /// In moq-lite-06 the publisher is asked for the frames that are read, and for no others. Up to moq-lite-05 it sends the whole group,
    /// of which the other frames are dropped on this side.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int FirstFrame
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(FirstFrame));
            field = value;
        }
    }

    /// <summary>
    /// Gets the priority, from 0 to 255. When bandwidth is limited, the publisher sends groups of tracks with a higher priority first.
    /// The default is 0.
    /// </summary>
    public byte Priority { get; init; }

    /// <summary>
    /// Gets the maximum time, zero or more, by which a group may be older than the newest group; older groups are skipped and counted in
    /// <see cref="GroupConsumer.Skipped"/>. It is media time if the frames have timestamps, and otherwise the time between the beginnings
    /// of the groups. In sequence order it is also the time to wait for missing groups: once for all groups that
    /// are missing before a group, not for each of them. The default is null: the reader waits as long as the publisher keeps a group.
    /// The value has no effect with <see cref="GroupOrder.Newest"/>.
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

    /// <summary>
    /// Gets what happens when the reader misses a group. The default is <see cref="MissedGroupPolicy.Skip"/>. With
    /// <see cref="MissedGroupPolicy.Fail"/>, use <see cref="GroupOrder.Sequence"/> for a remote track: in arrival order, a group that is
    /// merely overtaken counts as missed. Groups that the publisher did not keep any more when the reading began do not count.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a defined policy.</exception>
    public MissedGroupPolicy MissedGroupPolicy
    {
        get;
        init => field = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(MissedGroupPolicy), value, $"The policy must be a defined value of {nameof(MissedGroupPolicy)}.");
    }

    /// <summary>
    /// Gets the number of the last group that the reader needs, from 0 to <see cref="TrackProducer.MaxSequence"/>, or null, the default, if
    /// it needs all groups from its start on. The reading ends when every group up to this one was read, or is known not to arrive; in
    /// sequence order, also when a later group would be next. A reading whose last group or frame is before its first one ends at
    /// once. The publisher sends no later groups unless other readers need them.
    /// </summary>
    /// <remarks>
    /// Nobody reports a datagram that is lost on its way (<see cref="TrackProducer.WriteDatagram(ReadOnlySpan{byte})"/>). In arrival order,
    /// one that is missing although the last group or a later one has arrived is waited for until it would have expired: as long as the
    /// publisher keeps a group, at most <see cref="MaxLatency"/>, and at most 10 s. If the last group itself is lost, and no later one
    /// comes, this is known at the end of the track.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is higher than any group of a track.</exception>
    public ulong? End
    {
        get;
        init
        {
            if (value is { } sequence)
                ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, TrackProducer.MaxSequence, nameof(End));
            field = value;
        }
    }

    /// <summary>
    /// Gets the zero-based index of the last frame that is read of the group <see cref="End"/>, or null, the default, if the whole group is
    /// read. The value has no effect if there is no last group.
    /// </summary>
    /// <remarks>The publisher is asked for these frames as <see cref="FirstFrame"/> states.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? LastFrame
    {
        get;
        init
        {
            if (value is { } frame)
                ArgumentOutOfRangeException.ThrowIfNegative(frame, nameof(LastFrame));
            field = value;
        }
    }

    /// <summary>Gets the latency that the reader accepts: zero for the newest group only, null for no limit.</summary>
    internal TimeSpan? AcceptedLatency => Order == GroupOrder.Newest ? TimeSpan.Zero : MaxLatency;

    private (ulong Group, int Frame) First => (Start.Sequence ?? ulong.MaxValue, FirstFrame);

    private (ulong Group, int Frame) Last => (End ?? ulong.MaxValue, LastFrame ?? int.MaxValue);

    /// <summary>Combines the options of two readers of one remote track into the options that are requested from the publisher.</summary>
    internal SubscribeOptions CombineWith(SubscribeOptions other)
    {
        var first = First.CompareTo(other.First) <= 0 ? this : other;
        var last = Last.CompareTo(other.Last) >= 0 ? this : other;
        return new SubscribeOptions
        {
            Order = Order == other.Order ? Order : GroupOrder.Arrival,
            Priority = Math.Max(Priority, other.Priority),
            MaxLatency = AcceptedLatency is { } one && other.AcceptedLatency is { } two ? (one > two ? one : two) : null,
            Start = first.Start,
            FirstFrame = first.FirstFrame,
            End = last.End,
            LastFrame = last.LastFrame,
        };
    }
}
