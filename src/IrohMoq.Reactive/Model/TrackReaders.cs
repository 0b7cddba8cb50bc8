using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The readers of a track: how far each is, who is slowest and who is foremost, and who is waited for no longer. How far a reader is, is counted in the memory that frames cost: what was written in all, less what the reader has taken
/// or passed. Everything under the track's lock.
/// </summary>
internal sealed class TrackReaders(TrackOptions options, Runtime runtime, ReaderCount count)
{
    private readonly List<TrackCursor> _cursors = [];

    public int Count => _cursors.Count;

    /// <summary>How many have come so far: tells a waiter of one that has come and gone.</summary>
    public long Arrivals { get; private set; }

    /// <summary>How many have read everything up to the end of the track.</summary>
    public long Completed { get; private set; }

    /// <summary>How many have gone before they had read everything.</summary>
    public long Lost { get; private set; }

    /// <summary>True if it is counted how far readers are: somebody waits for them, here or at the peer.</summary>
    public bool AreMeasured { get; set; } = options.Lossless;

    /// <summary>What was written so far.</summary>
    public long Written { get; private set; }

    /// <summary>How many groups were begun so far.</summary>
    public long Begun { get; private set; }

    /// <summary>
    /// True if no reader has more to read than this. One that has read all there is, or waits for more of the group to be written, leaves room whatever the bounds are: waiting for it would be for ever.
    /// </summary>
    /// <param name="bytes">How much a reader may have to read.</param>
    /// <param name="groups">How many groups it may have to read.</param>
    /// <param name="writing">The group that is written, or null.</param>
    public bool LeaveRoom(long bytes, long groups, GroupProducer? writing)
    {
        foreach (var cursor in _cursors)
        {
            if (cursor.Unread > 0 && (cursor.Unread >= bytes || cursor.UnreadGroups >= groups) && writing?.ReaderOf(cursor) is not { IsWaiting: true })
                return false;
        }

        return true;
    }

    /// <summary>The reader that has read most, or null.</summary>
    public TrackCursor? Foremost
    {
        get
        {
            TrackCursor? foremost = null;
            foreach (var cursor in _cursors)
            {
                if (foremost is null || cursor.Unread < foremost.Unread)
                    foremost = cursor;
            }

            return foremost;
        }
    }

    public List<TrackCursor>.Enumerator GetEnumerator() => _cursors.GetEnumerator();

    public void Add(TrackCursor cursor)
    {
        _cursors.Add(cursor);
        Arrivals++;
        count.Change(1);
    }

    public void Remove(TrackCursor cursor)
    {
        if (!_cursors.Remove(cursor))
            return;
        if (cursor.HasReadAll)
            Completed++;
        else if (!cursor.HasMoved)
            Lost++;
        count.Change(-1);
    }

    public void Wake()
    {
        foreach (var cursor in _cursors)
            cursor.Wake();
    }

    /// <summary>A group is begun. Those who had nothing to take have their whole time from now on.</summary>
    public void OnBegun(long cost)
    {
        if (AreMeasured)
            OnWritten(cost);
        Begun++;
    }

    /// <summary>A frame is written. Those who had nothing to take have their whole time from now on.</summary>
    public void OnWritten(long cost)
    {
        if (!AreMeasured)
            return;
        if (options.Lossless)
        {
            foreach (var cursor in _cursors)
            {
                if (cursor.Unread == 0)
                    cursor.Touch();
            }
        }

        Written += cost;
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

    /// <summary>Cuts off every reader that has something to take and has taken nothing for the limit, or less than the lowest rate.</summary>
    /// <param name="patience">How long until the next one would be.</param>
    /// <returns>True if somebody was cut off.</returns>
    public bool CutOffLate(out TimeSpan patience)
    {
        patience = options.SlowReaderLimit;
        var before = _cursors.Count;
        for (var i = _cursors.Count - 1; i >= 0; i--)
        {
            var cursor = _cursors[i];
            if (cursor.Unread == 0)
                continue;
            var left = options.SlowReaderLimit - runtime.GetElapsedTime(cursor.LastProgress);
            if (left > TimeSpan.Zero && !cursor.IsBelowRate(options, ref left))
            {
                patience = left < patience ? left : patience;
                continue;
            }

            _cursors.RemoveAt(i);
            Lost++;
            count.Change(-1);
            cursor.Cut(MoqErrorCode.SlowReader);
        }

        return _cursors.Count < before;
    }
}
