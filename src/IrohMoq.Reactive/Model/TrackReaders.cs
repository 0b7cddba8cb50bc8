using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Who reads a track: how far all of them are, who is late, and who is waited for no longer. Everything under the track's lock.
/// </summary>
internal sealed class TrackReaders(TrackOptions options, Turns turns, ReaderCount count)
{
    private readonly List<TrackCursor> _cursors = [];

    public int Count => _cursors.Count;

    /// <summary>How many have come so far: tells a waiter of one that has come and gone.</summary>
    public long Arrivals { get; private set; }

    /// <summary>True while somebody has taken every group there is.</summary>
    public bool IsAnyAtEnd => _cursors.Exists(static cursor => cursor.IsAtEnd);

    public void Add(TrackCursor cursor)
    {
        _cursors.Add(cursor);
        Arrivals++;
        count.Change(1);
    }

    public void Remove(TrackCursor cursor)
    {
        if (_cursors.Remove(cursor))
            count.Change(-1);
    }

    public void Wake()
    {
        foreach (var cursor in _cursors)
            cursor.Wake();
    }

    /// <summary>There will be a group: those who had nothing to take have their whole time from now on.</summary>
    public void OnGroupComes()
    {
        foreach (var cursor in _cursors)
        {
            if (cursor.IsAtEnd)
                cursor.Touch();
        }
    }

    public bool HaveAllPassed(long index)
    {
        foreach (var cursor in _cursors)
        {
            if (!cursor.HasPassed(index))
                return false;
        }

        return _cursors.Count > 0;
    }

    /// <summary>True while somebody has more than a little to take and does not wait for frames himself: the one that writing a full cache waits for.</summary>
    /// <param name="cache">What there is to take.</param>
    /// <param name="writing">A group that would get a frame: whoever wants that one is not late. Null for a group to come.</param>
    public bool IsAnyLate(GroupCache cache, GroupProducer? writing)
    {
        foreach (var cursor in _cursors)
        {
            if (writing?.ReaderOf(cursor) is not { IsHungry: true } && IsLate(cursor, cache))
                return true;
        }

        return false;
    }

    /// <summary>Cuts off every reader that has taken nothing for the limit while others wait.</summary>
    /// <param name="cache">What there is to take.</param>
    /// <param name="patience">How long until the next one would be.</param>
    /// <returns>True if somebody was cut off.</returns>
    public bool CutOffLate(GroupCache cache, out TimeSpan patience)
    {
        patience = options.SlowReaderLimit;
        var before = _cursors.Count;
        for (var i = _cursors.Count - 1; i >= 0; i--)
        {
            var cursor = _cursors[i];
            if (!HasSomethingFor(cursor, cache))
                continue;
            var left = options.SlowReaderLimit - turns.GetElapsedTime(cursor.LastProgress);
            if (left > TimeSpan.Zero)
            {
                patience = left < patience ? left : patience;
                continue;
            }

            _cursors.RemoveAt(i);
            count.Change(-1);
            cursor.Cut(MoqErrorCode.SlowReader);
            foreach (var (_, group) in cache)
                group.ReaderOf(cursor)?.CutOff(MoqErrorCode.SlowReader);
        }

        return _cursors.Count < before;
    }

    private static bool IsLate(TrackCursor cursor, GroupCache cache)
    {
        var late = !cursor.IsAtEnd;
        if (!cursor.HasOpenGroups)
            return late;
        foreach (var (_, group) in cache)
        {
            if (group.ReaderOf(cursor) is not { } reader)
                continue;
            if (reader.IsWaiting)
                return false;
            late |= !reader.IsHungry;
        }

        return late;
    }

    /// <summary>True if it is the reader that is late, and not the writer.</summary>
    private static bool HasSomethingFor(TrackCursor cursor, GroupCache cache)
    {
        if (!cursor.IsAtEnd)
            return true;
        if (!cursor.HasOpenGroups)
            return false;
        foreach (var (_, group) in cache)
        {
            if (group.ReaderOf(cursor) is { IsStarving: false })
                return true;
        }

        return false;
    }
}
