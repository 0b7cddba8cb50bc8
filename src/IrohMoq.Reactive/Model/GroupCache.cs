using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// What a track keeps, and what has to go: its groups by number and in the order they came, and the memory they take. Everything under the track's lock.
/// </summary>
internal sealed class GroupCache(TrackOptions options, Turns turns)
{
    /// <summary>What a frame takes beside its payload, so that a peer cannot fill the memory with empty ones.</summary>
    public const int FrameCost = 16;

    private readonly GroupRing _groups = new();
    private readonly HashSet<ulong> _sequences = [];
    private ulong? _newest;

    /// <summary>Payload and frames, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>The index of the oldest group, or the end if there is none.</summary>
    public long Start => _groups.Start;

    /// <summary>The index that the next group will get.</summary>
    public long End => _groups.End;

    public bool IsFull => Bytes >= options.MaxCachedBytes || _groups.Count >= options.MaxCachedGroups;

    public GroupProducer? this[long index] => _groups[index];

    /// <summary>The first index from this one on that has a group, or the end.</summary>
    public long Next(long index) => _groups.Next(index);

    public GroupRing.Enumerator GetEnumerator() => _groups.GetEnumerator();

    public bool Contains(ulong sequence) => _sequences.Contains(sequence);

    public void Add(GroupProducer group)
    {
        _sequences.Add(group.Sequence);
        _groups.Add(group);
        _newest = _newest is { } newest ? Math.Max(newest, group.Sequence) : group.Sequence;
    }

    /// <summary>Counts memory that was taken, or, below 0, given back.</summary>
    public void Count(long bytes) => Bytes += bytes;

    /// <summary>The index of the group with the highest number, or the end if there is none.</summary>
    public long NewestIndex()
    {
        foreach (var (index, group) in _groups)
        {
            if (group.Sequence == _newest)
                return index;
        }

        return End;
    }

    /// <summary>Drops the oldest while there is too much. The newest and the one being written stay.</summary>
    public void MakeRoom(GroupProducer writing)
    {
        foreach (var (index, old) in _groups)
        {
            if (old == writing || old.Sequence == _newest)
                continue;
            var tooMuch = Bytes > options.MaxCachedBytes || _groups.Count > options.MaxCachedGroups;
            if (!tooMuch && (options.Lossless || turns.GetElapsedTime(old.CreatedAt) <= options.MaxAge))
                return;
            Drop(index, old);
            old.Evict(tooMuch ? MoqErrorCode.Evicted : MoqErrorCode.Old);
        }
    }

    /// <summary>Forgets the groups that every reader has read; the newest stays for who comes next.</summary>
    public void ForgetRead(TrackReaders readers)
    {
        foreach (var (index, group) in _groups)
        {
            if (group.IsOpen || group.HasReaders || group.Sequence == _newest || !readers.HaveAllPassed(index))
                continue;
            Drop(index, group);
            group.Forget();
        }
    }

    /// <summary>Forgets everything: nobody will read it.</summary>
    public void ForgetAll()
    {
        foreach (var (index, group) in _groups)
        {
            Drop(index, group);
            group.Forget();
        }
    }

    private void Drop(long index, GroupProducer group)
    {
        _sequences.Remove(group.Sequence);
        _groups.Remove(index);
    }
}
