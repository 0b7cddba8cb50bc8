namespace IrohMoq.Reactive;

/// <content>Creates the groups of the track, and is notified of their changes.</content>
internal sealed partial class TrackState
{
    /// <summary>
    /// Gets the average cost of the latest groups that ended, in bytes, or 0 if no group has ended. The caller must hold the lock of the
    /// track.
    /// </summary>
    public long AverageGroupCost { get; private set; }

    /// <summary>
    /// Returns the number of the oldest group in the cache that is not older than the newest group by a time, or null if there is no group.
    /// The age of a group is the difference between the media times of the newest frame of the newest group and of the first frame of its
    /// successor: until then it can be played. See moq-lite-06, "Expiration".
    /// </summary>
    public ulong? FirstYoungerThan(TimeSpan age)
    {
        lock (Gate)
        {
            if (Cache.Newest is not { } newest)
                return null;
            var start = newest.Sequence;
            var reach = newest.FirstTimestamp;
            var groups = new List<GroupProducer>();
            foreach (var (_, group) in Cache)
                groups.Add(group);
            foreach (var group in groups.OrderByDescending(static group => group.Sequence).Skip(1))
            {
                if (Cache.NewestTime is { } latest && latest >= reach && MediaTime.IsAtLeast(latest - reach.Value, age, Timescale))
                    break;
                start = group.Sequence;
                reach = group.FirstTimestamp ?? reach;
            }

            return start;
        }
    }

    /// <summary>
    /// Determines whether a group is older than a newer one by more than a time: by media time if there is one, and otherwise by the times
    /// at which they began. The caller must hold the lock of the track.
    /// </summary>
    public bool IsOlderThan(GroupProducer group, GroupProducer newest, TimeSpan latency) => Cache.HasMediaTime
        ? Cache.IsExpired(group, latency)
        : Runtime.GetElapsedTime(group.CreatedAt, newest.CreatedAt) > latency;

    /// <summary>Creates a group with the specified number. The caller must hold the lock of the track.</summary>
    public GroupProducer CreateGroup(ulong sequence)
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
