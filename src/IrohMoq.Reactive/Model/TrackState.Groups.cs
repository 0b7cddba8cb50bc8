namespace IrohMoq.Reactive;

/// <content>Creates the groups of the track, and is notified of their changes.</content>
internal sealed partial class TrackState
{
    private static readonly TimeSpan PatienceOfNewest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPatience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the average cost of the latest groups that ended, in bytes, or 0 if no group has ended. The caller must hold the lock of the
    /// track.
    /// </summary>
    public long AverageGroupCost { get; private set; }

    /// <summary>
    /// Returns the number of the oldest group in the cache that has not expired by an age, or null if there is no group.
    /// </summary>
    public ulong? FirstYoungerThan(TimeSpan age)
    {
        lock (Gate)
            return Cache.FirstYoungerThan(age);
    }

    /// <summary>
    /// Determines whether a group is older than a newer one by more than a time: by media time if there is one, and otherwise by the times
    /// at which they began. By the time 0, a group is older when a newer one has a frame. The caller must hold the lock of the track.
    /// </summary>
    public bool IsOlderThan(GroupProducer group, GroupProducer newest, TimeSpan latency) =>
        Cache.HasMediaTime ? Cache.IsExpired(group, latency)
        : latency == TimeSpan.Zero ? Cache.HasFrameAfter(group)
        : Runtime.GetElapsedTime(group.CreatedAt, newest.CreatedAt) > latency;

    /// <summary>
    /// Returns the time for which a missing group of a live track is waited for: until it would have expired, at most 10 s. The caller must
    /// hold the lock of the track.
    /// </summary>
    /// <param name="accepted">The latency that is accepted, or null for no limit.</param>
    public TimeSpan PatienceFor(TimeSpan? accepted)
    {
        var kept = Cache.MaxAge == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : Cache.MaxAge;
        var patience = accepted < kept ? accepted.Value : kept;
        if (patience == TimeSpan.Zero)
            return PatienceOfNewest;
        return patience < MaxPatience ? patience : MaxPatience;
    }

    /// <summary>Creates a group with the specified number. The caller must hold the lock of the track.</summary>
    /// <param name="sequence">The number.</param>
    /// <param name="firstFrame">The index of the first frame that a received group has here.</param>
    public GroupProducer CreateGroup(ulong sequence, int firstFrame = 0)
    {
        if (End is { } end)
            throw end.ToException(Name);
        if (sequence > TrackProducer.MaxSequence)
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded,
                $"Track '{Name}' can have no group above {TrackProducer.MaxSequence}: {sequence} was asked for.");
        }

        if (!Sequences.TryAdd(sequence))
        {
            throw new MoqStreamException(
                MoqErrorCode.Duplicate,
                $"Track '{Name}' has had a group {sequence} already, or has given the number up because too many are missing. "
                + "Use a number that is higher.");
        }

        if (Sequences.Excess is { } gap)
            GiveUp(gap.First, gap.Last);
        var group = new GroupProducer(this, sequence, Runtime.GetTimestamp());
        group.Received.FirstFrame = firstFrame;
        _retention.Add(group);
        Readers.Wake();
        if (Received is { IsFloorUntold: true, Floor: null })
            RequestEarlier();
        Received?.Flow.OnUnreadChanged();
        return group;
    }

    /// <summary>
    /// Called when a reader has passed or released a group, which may not be needed any more. The caller must hold the lock of the track.
    /// </summary>
    public void OnPassed(GroupProducer group)
    {
        if (Received is null && !Options.Lossless && (End is null || Readers.Count > 0))
            return;
        _retention.OnPassed(group);
        Demand.Wake();
    }

    /// <summary>Called when a group receives no more frames. The caller must hold the lock of the track.</summary>
    public void OnGroupOver(GroupProducer group)
    {
        Writers.WakeAll(group);
        // Averages the last groups rather than all, because the next groups are likely to resemble them.
        AverageGroupCost = AverageGroupCost == 0 ? group.Cost : AverageGroupCost + ((group.Cost - AverageGroupCost) / 16);
        Received?.Flow.OnUnreadChanged();
        _retention.OnGroupOver(group);
    }

    /// <summary>Called when memory was used for a frame. The caller must hold the lock of the track.</summary>
    public void OnWritten(GroupProducer group, long cost)
    {
        Readers.OnWritten(cost);
        Cache.Charge(cost);
        _retention.MakeRoom(group);
        Received?.Flow.OnUnreadChanged();
    }

    /// <summary>Called when a group was dropped. The caller must hold the lock of the track.</summary>
    public void OnDropped(GroupProducer group)
    {
        _retention.CutLosslessReadersOf(group);
        Readers.OnDropped(group);
    }

    /// <summary>Called when memory was released. The caller must hold the lock of the track.</summary>
    public void OnReleased(long bytes)
    {
        Cache.Charge(-bytes);
        Writers.WakeFirst();
    }
}
