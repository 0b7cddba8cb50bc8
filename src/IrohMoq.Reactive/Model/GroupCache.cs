using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The groups that a track keeps, in the order in which they came, and the memory that they take. Groups that are too old are dropped by
/// the clock, also while nothing is written. Every member is used under the track's lock.
/// </summary>
/// <param name="options">The bounds.</param>
/// <param name="runtime">The clock.</param>
/// <param name="gate">The track's lock.</param>
internal sealed class GroupCache(TrackOptions options, Runtime runtime, Lock gate) : IDisposable
{
    /// <summary>The memory, in bytes, that a frame counts beside its payload, so that empty frames count as well.</summary>
    public const int FrameCost = 16;

    /// <summary>The memory, in bytes, that a group counts beside its frames.</summary>
    public const int GroupCost = 256;

    private readonly GroupRing _groups = new();
    private ITimer? _aging;
    private bool _isAging;
    private long _spared;

    /// <summary>Gets the memory that is kept for readers, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Gets the number of groups.</summary>
    public int Count => _groups.Count;

    /// <summary>Gets the group with the highest number, if it is kept.</summary>
    public GroupProducer? Newest { get; private set; }

    /// <summary>
    /// Gets or sets how long a group is kept while there are newer ones, or infinite. A shorter time takes effect with the next group.
    /// </summary>
    public TimeSpan MaxAge { get; set; } = options.Lossless ? Timeout.InfiniteTimeSpan : options.MaxAge;

    /// <summary>Gets how long a missing group is waited for in sequence order where the reader does not say.</summary>
    public TimeSpan Patience => MaxAge != Timeout.InfiniteTimeSpan && MaxAge < options.SlowReaderLimit ? MaxAge : options.SlowReaderLimit;

    /// <summary>Gets or sets the maximum memory that is kept, in bytes.</summary>
    public long MaxBytes { get; set; } = options.MaxCachedBytes;

    /// <summary>Gets the index of the oldest group, or the end if there is none.</summary>
    public long Start => _groups.Start;

    /// <summary>Gets the index that the next group will get.</summary>
    public long End => _groups.End;

    /// <summary>Gets a value indicating whether there is more than the bounds allow.</summary>
    public bool IsOverBounds => Bytes - _spared > MaxBytes || _groups.Count > options.MaxCachedGroups;

    public GroupProducer? this[long index] => _groups[index];

    /// <summary>Returns the first index from this one on that has a group, or the end.</summary>
    public long Next(long index) => _groups.Next(index);

    /// <summary>
    /// Returns the first number, in the order in which groups came, of a group from this index on that has this number or a higher one;
    /// null if there is none.
    /// </summary>
    public ulong? FirstFrom(long index, ulong lowest)
    {
        foreach (var sequence in NumbersFrom(index))
        {
            if (sequence >= lowest)
                return sequence;
        }

        return null;
    }

    /// <summary>Returns the numbers of the groups from this index on, in the order in which they came.</summary>
    public IEnumerable<ulong> NumbersFrom(long index)
    {
        for (index = Next(index); index < End; index = Next(index + 1))
            yield return this[index]!.Sequence;
    }

    public GroupRing.Enumerator GetEnumerator() => _groups.GetEnumerator();

    public void Add(GroupProducer group)
    {
        group.Index = _groups.End;
        _groups.Add(group);
        Bytes += group.Cost;
        if (Newest is null || group.Sequence > Newest.Sequence)
            Newest = group;
    }

    /// <summary>Counts memory that was taken; a negative number was given back.</summary>
    public void Charge(long bytes) => Bytes += bytes;

    /// <summary>Gets the index of the newest group, or the end if there is none.</summary>
    public long NewestIndex => Newest?.Index ?? End;

    /// <summary>
    /// Drops the oldest groups while there is more than the bounds allow. The newest group, the one that is written and the one that the
    /// foremost reader reads stay; the last of these is dropped too if that was not enough, unless it would end the reading.
    /// </summary>
    /// <param name="writing">The group that is written.</param>
    /// <param name="isWhole">
    /// True if dropping any group ends the reading: then the group that is read, which may be larger than the bounds, displaces no other.
    /// </param>
    public void MakeRoom(GroupProducer? writing, bool isWhole)
    {
        _spared = 0;
        if (!IsOverBounds)
            return;
        if (isWhole)
            _spared = MemoryOfReadByForemost();
        DropOldest(writing, spareForemost: true);
        if (IsOverBounds)
            DropOldest(writing, spareForemost: false);
    }

    /// <summary>Removes a group. The caller releases it.</summary>
    public void Remove(GroupProducer group)
    {
        _groups.Remove(group.Index);
        if (group == Newest && _groups.Count == 0)
            Newest = null;
    }

    /// <summary>Forgets every group: there is no reader for them.</summary>
    public void ForgetAll()
    {
        foreach (var (_, group) in _groups)
        {
            Remove(group);
            group.Forget();
        }

        Newest = null;
    }

    /// <summary>Stops the clock: the track is over.</summary>
    public void Dispose() => _aging?.Dispose();

    private long MemoryOfReadByForemost()
    {
        var bytes = 0L;
        foreach (var (_, group) in _groups)
        {
            if (IsReadByForemost(group))
                bytes += group.Cost + group.Received.Partial;
        }

        return bytes;
    }

    private void DropOldest(GroupProducer? writing, bool spareForemost)
    {
        foreach (var (_, old) in _groups)
        {
            if (!IsOverBounds)
                return;
            if (old != writing && old != Newest && !(IsReadByForemost(old) && (spareForemost || MustStay(old))))
                old.Drop(MoqErrorCode.Evicted);
        }
    }

    /// <summary>Determines whether the foremost reader has begun to read the group.</summary>
    private static bool IsReadByForemost(GroupProducer group) =>
        group.Readers.IsAny && group.Track.Readers is { AreMeasured: true, Foremost: { } foremost }
        && group.Readers.Of(foremost) is { IsBegun: true };

    /// <summary>
    /// Determines whether the group that the foremost reader reads may not be dropped, however large it is: the reader waits for more of
    /// it, or cannot go on without it.
    /// </summary>
    private static bool MustStay(GroupProducer group) => group.Track.IsWhole || group.Readers.IsAnyWaiting;

    /// <summary>
    /// Drops the groups that are too old, and sets a timer for the next one. There is one timer, for the oldest group, which is set again
    /// when it is due and not for each group that comes.
    /// </summary>
    public void DropOld()
    {
        if (MaxAge == Timeout.InfiniteTimeSpan)
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

    private TimeSpan TimeLeft()
    {
        var oldest = _groups[_groups.Start]!;
        // The newest group stays however old it is, also where lower numbers came after it, so its age does not matter.
        if (oldest == Newest)
            oldest = _groups[_groups.Next(oldest.Index + 1)]!;
        var left = MaxAge - runtime.GetElapsedTime(oldest.CreatedAt);
        // A group that is exactly as old as allowed is kept.
        return left < TimeSpan.Zero ? TimeSpan.Zero : left + TimeSpan.FromMilliseconds(1);
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
