using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// What a track keeps, and what has to go: its groups in the order they came, and the memory they take. What is too old goes by the clock,
/// also while nothing is written. Everything under the track's lock.
/// </summary>
/// <param name="options">The bounds.</param>
/// <param name="runtime">The clock.</param>
/// <param name="gate">The track's lock.</param>
internal sealed class GroupCache(TrackOptions options, Runtime runtime, Lock gate) : IDisposable
{
    /// <summary>What a frame takes beside its payload, so that a peer cannot fill the memory with empty ones.</summary>
    public const int FrameCost = 16;

    /// <summary>What a group takes beside its frames.</summary>
    public const int GroupCost = 256;

    private readonly GroupRing _groups = new();
    private ITimer? _aging;
    private bool _isAging;
    private long _spared;

    /// <summary>The memory that is held for readers, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many groups there are.</summary>
    public int Count => _groups.Count;

    /// <summary>The group with the highest number, if it is kept.</summary>
    public GroupProducer? Newest { get; private set; }

    /// <summary>How long a group is kept while newer ones come, or infinite. A shorter time takes effect with the next group.</summary>
    public TimeSpan MaxAge { get; set; } = options.Lossless ? Timeout.InfiniteTimeSpan : options.MaxAge;

    /// <summary>Gets how long a missing group is waited for in sequence order where the reader does not say.</summary>
    public TimeSpan Patience => MaxAge != Timeout.InfiniteTimeSpan && MaxAge < options.SlowReaderLimit ? MaxAge : options.SlowReaderLimit;

    /// <summary>How many bytes are kept at most.</summary>
    public long MaxBytes { get; set; } = options.MaxCachedBytes;

    /// <summary>The index of the oldest group, or the end if there is none.</summary>
    public long Start => _groups.Start;

    /// <summary>The index that the next group will get.</summary>
    public long End => _groups.End;

    /// <summary>True if there is more than the bounds allow.</summary>
    public bool IsOverBounds => Bytes - _spared > MaxBytes || _groups.Count > options.MaxCachedGroups;

    public GroupProducer? this[long index] => _groups[index];

    /// <summary>The first index from this one on that has a group, or the end.</summary>
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

    /// <summary>Counts memory that was taken, or, below 0, given back.</summary>
    public void Charge(long bytes) => Bytes += bytes;

    /// <summary>The index of the newest group, or the end if there is none.</summary>
    public long NewestIndex => Newest?.Index ?? End;

    /// <summary>
    /// Drops the oldest while there is too much. The newest, the one being written and the one that the foremost reader reads stay; the
    /// last of these goes too if all else has not been enough, unless that would end the reading.
    /// </summary>
    /// <param name="writing">The one that is written.</param>
    /// <param name="isWhole">
    /// True if dropping any group ends the reading: the one that is read, which may be larger than the bounds, then pushes out none.
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

    /// <summary>Takes a group out. The caller releases it.</summary>
    public void Remove(GroupProducer group)
    {
        _groups.Remove(group.Index);
        if (group == Newest && _groups.Count == 0)
            Newest = null;
    }

    /// <summary>Forgets everything: nobody will read it.</summary>
    public void ForgetAll()
    {
        foreach (var (_, group) in _groups)
        {
            Remove(group);
            group.Forget();
        }

        Newest = null;
    }

    /// <summary>The track is over: nothing more becomes too old.</summary>
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
    /// Drops what is too old now, and sees that the rest goes when its time comes: one timer, for the oldest group, which is set again
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
        // The newest stays however old it is, also where lower numbers came after it: its age is nothing to wait for.
        if (oldest == Newest)
            oldest = _groups[_groups.Next(oldest.Index + 1)]!;
        var left = MaxAge - runtime.GetElapsedTime(oldest.CreatedAt);
        // Exactly as old as allowed is kept.
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
