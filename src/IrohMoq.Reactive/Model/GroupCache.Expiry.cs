namespace IrohMoq.Reactive;

/// <content>
/// Drops the groups that are too old: by the media time of the frames if they have one, and otherwise by the time since the group began.
/// </content>
internal sealed partial class GroupCache
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private ITimer? _aging;
    private bool _isAging;
    // The newest frame of the group with the highest number that has a frame.
    private ulong _newestSequence;
    private long? _newestTime;
    // True if every group had a higher number than the groups before it.
    private bool _isInOrder = true;
    // The media time from which on the oldest group is too old.
    private long _due = long.MaxValue;

    /// <summary>
    /// Gets or sets the time for which a group is kept while there are newer ones, or <see cref="Timeout.InfiniteTimeSpan"/>. A shorter
    /// time takes effect when the next group is added.
    /// </summary>
    public TimeSpan MaxAge { get; set; } = AgeOf(options);

    /// <summary>
    /// Gets or sets a value indicating whether the frames have a media time of their producer. Without one, a frame has the time at which
    /// it was written.
    /// </summary>
    public bool HasMediaTime { get; set; }

    /// <summary>
    /// Determines whether a group is older than the newest one by at least a time: the difference between the media times of the newest
    /// frame and of the first frame of its successor, until which the group can be played. A group whose successor has no frame yet has not
    /// expired. See moq-lite-06, "Expiration".
    /// </summary>
    public bool IsExpired(GroupProducer group, TimeSpan age) => HasFrameAfter(group) && IsExpired(group, SuccessorOf(group), age);

    /// <summary>Determines whether a group with a higher number has a frame.</summary>
    public bool HasFrameAfter(GroupProducer group) => _newestTime is not null && group.Sequence < _newestSequence;

    /// <summary>Returns the number of the oldest group that has not expired, or null if there is no group.</summary>
    public ulong? FirstYoungerThan(TimeSpan age)
    {
        var groups = new List<GroupProducer>(Count);
        foreach (var (_, group) in _groups)
            groups.Add(group);
        groups.Sort(static (one, other) => one.Sequence.CompareTo(other.Sequence));
        for (var i = 0; i < groups.Count; i++)
        {
            if (i + 1 == groups.Count || !HasFrameAfter(groups[i]) || !IsExpired(groups[i], groups[i + 1], age))
                return groups[i].Sequence;
        }

        return null;
    }

    /// <summary>Called after a frame was written.</summary>
    public void OnFrame(GroupProducer group, long timestamp)
    {
        if (_newestTime is not { } newest || group.Sequence > _newestSequence)
            (_newestSequence, _newestTime) = (group.Sequence, timestamp);
        else if (group.Sequence == _newestSequence)
            _newestTime = Math.Max(newest, timestamp);
        // The first frame of a group tells how far the group before it reaches.
        if (HasMediaTime && MaxAge != Timeout.InfiniteTimeSpan && (group.Frames.Count == 1 || timestamp >= _due))
            DropExpired();
    }

    /// <summary>
    /// Drops the groups without media time that are too old, and sets a timer for the next group. There is one timer, for the oldest group;
    /// it is set again when it is due, not for each new group.
    /// </summary>
    public void DropOld()
    {
        if (MaxAge == Timeout.InfiniteTimeSpan || HasMediaTime)
            return;
        foreach (var (_, old) in _groups)
        {
            if (runtime.GetElapsedTime(old.CreatedAt) <= MaxAge)
                break;
            if (old != Newest)
                old.Drop(MoqErrorCode.Old);
        }

        if (_isAging || _groups.Count < 2)
            return;
        _isAging = true;
        _aging ??= runtime.CreateTimer(
            static cache => ((GroupCache)cache!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _aging.Change(TimeLeft(), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Stops the timer that drops old groups, because the track has ended.</summary>
    public void Dispose() => _aging?.Dispose();

    private static TimeSpan AgeOf(TrackOptions options) => options.Lossless ? Timeout.InfiniteTimeSpan : options.MaxAge;

    /// <summary>Drops the groups that are too old by media time, in order of arrival.</summary>
    private void DropExpired()
    {
        _due = long.MaxValue;
        foreach (var (_, group) in _groups)
        {
            if (group == Newest)
                continue;
            if (!IsExpired(group, MaxAge))
            {
                // A group whose successor has no frame yet is not too old, however long that takes.
                if (SuccessorOf(group)?.FirstTimestamp is { } reach)
                    _due = MediaTime.AddOrMax(reach, MaxAge, group.Track.Timescale);
                return;
            }

            group.Drop(MoqErrorCode.Old);
        }
    }

    private bool IsExpired(GroupProducer group, GroupProducer? successor, TimeSpan age) =>
        successor?.FirstTimestamp is { } reach && MediaTime.IsAtLeast(_newestTime!.Value - reach, age, group.Track.Timescale);

    /// <summary>Returns the group with the next higher number in the cache, or null if there is none.</summary>
    private GroupProducer? SuccessorOf(GroupProducer group)
    {
        if (_isInOrder)
            return this[Next(group.Index + 1)];
        if (Find(group.Sequence + 1) is { } next)
            return next;
        GroupProducer? successor = null;
        foreach (var (_, other) in _groups)
        {
            if (other.Sequence > group.Sequence && !(other.Sequence >= successor?.Sequence))
                successor = other;
        }

        return successor;
    }

    private TimeSpan TimeLeft()
    {
        var oldest = _groups[_groups.Start]!;
        // The newest group is kept regardless of its age, even if groups with lower numbers arrived after it, so its age does not matter.
        if (oldest == Newest)
            oldest = _groups[_groups.Next(oldest.Index + 1)]!;
        var left = MaxAge - runtime.GetElapsedTime(oldest.CreatedAt);
        // A group that is exactly as old as allowed is kept. A publisher may state an age that no timer can measure.
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > LongestWait ? LongestWait : left + TimeSpan.FromMilliseconds(1);
    }

    private void OnDue()
    {
        lock (gate)
        {
            _isAging = false;
            DropOld();
        }
    }
}
