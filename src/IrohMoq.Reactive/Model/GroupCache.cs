using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the groups that a track keeps, in order of arrival, and the memory that they use. The caller of any member must hold the
/// lock of the track.
/// </summary>
/// <param name="options">The options that limit the cache.</param>
/// <param name="runtime">The clock that measures the age of groups.</param>
/// <param name="gate">The lock of the track.</param>
internal sealed partial class GroupCache(TrackOptions options, Runtime runtime, Lock gate) : IDisposable
{
    /// <summary>The cost of a frame, in bytes, in addition to its payload. It makes empty frames count as well.</summary>
    public const int FrameCost = 24;

    /// <summary>The cost of a group, in bytes, in addition to its frames.</summary>
    public const int GroupCost = 256;

    private readonly GroupRing _groups = new();
    private TrackOptions _options = options;
    private long _spared;
    // The memory, in bytes, that this cache has yet to free because the shared budget is exceeded.
    private long _owed;

    /// <summary>Gets the memory, in bytes, that is in use for readers.</summary>
    public long Bytes { get; private set; }

    /// <summary>Gets the number of groups in the cache.</summary>
    public int Count => _groups.Count;

    /// <summary>Gets the group with the highest number, or null if there is none.</summary>
    public GroupProducer? Newest { get; private set; }

    /// <summary>
    /// Gets the time to wait for a missing group in sequence order if the reader sets no <see cref="SubscribeOptions.MaxLatency"/>.
    /// </summary>
    public TimeSpan Patience => MaxAge != Timeout.InfiniteTimeSpan && MaxAge < _options.SlowReaderLimit ? MaxAge : _options.SlowReaderLimit;

    /// <summary>Gets or sets the maximum memory, in bytes, that the cache may use.</summary>
    public long MaxBytes { get; set; } = options.MaxCachedBytes;

    /// <summary>Gets the index of the oldest group, or <see cref="End"/> if there is none.</summary>
    public long Start => _groups.Start;

    /// <summary>Gets the index that the next added group will have.</summary>
    public long End => _groups.End;

    /// <summary>
    /// Gets a value indicating whether the cache exceeds its limits of memory or of the number of groups, or has to free memory for other
    /// tracks.
    /// </summary>
    public bool IsOverBounds =>
        Bytes - _spared > MaxBytes || _groups.Count > _options.MaxCachedGroups || (_owed > 0 && _options.Budget!.IsExceeded);

    public GroupProducer? this[long index] => _groups[index];

    /// <summary>Returns the group with a number, or null if it is not in the cache.</summary>
    public GroupProducer? Find(ulong sequence)
    {
        if (Newest is not { } newest || sequence > newest.Sequence)
            return null;
        // Numbers are almost always consecutive.
        if (this[newest.Index - (long)(newest.Sequence - sequence)] is { } found && found.Sequence == sequence)
            return found;
        foreach (var (_, group) in _groups)
        {
            if (group.Sequence == sequence)
                return group;
        }

        return null;
    }

    /// <summary>Returns the first index, at or after the specified one, that has a group, or <see cref="End"/> if there is none.</summary>
    public long Next(long index) => _groups.Next(index);

    /// <summary>
    /// Returns the number of the first group, in order of arrival from the specified index on, whose number is at least
    /// <paramref name="lowest"/>; or null if there is none.
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

    /// <summary>Returns the numbers of the groups from the specified index on, in order of arrival.</summary>
    public IEnumerable<ulong> NumbersFrom(long index)
    {
        for (index = Next(index); index < End; index = Next(index + 1))
            yield return this[index]!.Sequence;
    }

    public GroupRing.Enumerator GetEnumerator() => _groups.GetEnumerator();

    /// <summary>Sets the options that limit the cache, before its first group.</summary>
    public void Describe(TrackOptions options)
    {
        _options = options;
        MaxAge = AgeOf(options);
        MaxBytes = options.MaxCachedBytes;
    }

    public void Add(GroupProducer group)
    {
        group.Index = _groups.End;
        _groups.Add(group);
        Bytes += group.Cost;
        if (Newest is null || group.Sequence > Newest.Sequence)
            Newest = group;
        else
            _isInOrder = false;
    }

    /// <summary>Adds to the memory in use. A negative value is memory that was released.</summary>
    public void Charge(long bytes)
    {
        Bytes += bytes;
        if (_options.Budget is { } budget)
            _owed = !budget.IsExceeded ? 0 : bytes > 0 ? Math.Min(_owed + (2 * bytes), 2 * Bytes) : Math.Max(0, _owed + bytes);
    }

    /// <summary>Gets the index of the newest group, or <see cref="End"/> if there is none.</summary>
    public long NewestIndex => Newest?.Index ?? End;

    /// <summary>
    /// Drops the oldest groups while the limits are exceeded. The newest group, the group that is written and the group that the foremost
    /// reader (the one that has read most) reads are spared at first. If the limits are still exceeded, the group of the foremost reader
    /// is dropped too, unless that reader waits for more of the group or cannot continue without it.
    /// </summary>
    /// <param name="writing">The group that is written.</param>
    /// <param name="isWhole">
    /// True if the drop of any group ends the reading. The group that the foremost reader reads, which may exceed the limits alone, then
    /// does not displace other groups.
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

    /// <summary>Removes a group from the cache. The caller must release the memory of the group.</summary>
    public void Remove(GroupProducer group)
    {
        _groups.Remove(group.Index);
        if (group == Newest && _groups.Count == 0)
            Newest = null;
    }

    /// <summary>Removes every group, because no reader needs them.</summary>
    public void ForgetAll()
    {
        foreach (var (_, group) in _groups)
        {
            Remove(group);
            group.Forget();
        }

        Newest = null;
    }

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

    /// <summary>Determines whether the foremost reader (the one that has read most) has begun to read the group.</summary>
    private static bool IsReadByForemost(GroupProducer group) =>
        group.Readers.IsAny && group.Track.Readers is { AreMeasured: true, Foremost: { } foremost }
        && group.Readers.Of(foremost) is { IsBegun: true };

    /// <summary>
    /// Determines whether a group must be kept, however large it is, because the foremost reader (the one that has read most) waits for
    /// more of the group or cannot continue without it.
    /// </summary>
    private static bool MustStay(GroupProducer group) => group.Track.IsWhole || group.Readers.IsAnyWaiting;
}
