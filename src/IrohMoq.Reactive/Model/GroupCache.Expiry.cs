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

    /// <summary>Gets the highest media time in the group with the highest number that has a frame, or null if there is no frame.</summary>
    public long? NewestTime => _newestTime;

    /// <summary>
    /// Determines whether a group is older than the newest one by at least a time: the difference between the media times of the newest
    /// frame and of the first frame after the group, until which the group can be played. See moq-lite-06, "Expiration".
    /// </summary>
    public bool IsExpired(GroupProducer group, TimeSpan age) =>
        group.Sequence < _newestSequence && _newestTime is { } newest && ReachOf(group) is { } reach
        && MediaTime.IsAtLeast(newest - reach, age, group.Track.Timescale);

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
                if (ReachOf(group) is { } reach)
                    _due = MediaTime.AddOrMax(reach, MaxAge, group.Track.Timescale);
                return;
            }

            group.Drop(MoqErrorCode.Old);
        }
    }

    /// <summary>
    /// Returns the media time of the first frame of the group after the specified one, or null if that group has no frame yet. If groups
    /// did not arrive in the order of their numbers, it may be a later group.
    /// </summary>
    private long? ReachOf(GroupProducer group)
    {
        for (var index = Next(group.Index + 1); index < End; index = Next(index + 1))
        {
            if (this[index]!.Sequence > group.Sequence)
                return this[index]!.FirstTimestamp;
        }

        return Newest is { } newest && newest.Sequence > group.Sequence ? newest.FirstTimestamp : null;
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
