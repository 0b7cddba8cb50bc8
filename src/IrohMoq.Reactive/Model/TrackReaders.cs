using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The readers of a track: how far each of them is, which is slowest and which is foremost, and which are waited for no longer. Every
/// member is used under the track's lock.
/// </summary>
internal sealed class TrackReaders(TrackOptions options, Runtime runtime, ReaderCount count, ReaderHistory history)
{
    private readonly List<TrackCursor> _cursors = [];

    /// <summary>Gets the number of readers.</summary>
    public int Count => _cursors.Count;

    /// <summary>Gets how many readers have come so far.</summary>
    public long Arrivals { get; private set; }

    /// <summary>Gets how many readers have read everything up to the end of the track.</summary>
    public long Completed { get; private set; }

    /// <summary>Gets how many readers have ended before they had read everything.</summary>
    public long Lost { get; private set; }

    /// <summary>Gets or sets a value indicating whether it is counted how far readers are: a writer or the peer waits for them.</summary>
    public bool AreMeasured { get; set; } = options.Lossless;

    /// <summary>Gets the memory, in bytes, that was written so far.</summary>
    public long Written { get; private set; }

    /// <summary>Gets how many groups were begun so far.</summary>
    public long Begun { get; private set; }

    /// <summary>Gets the reader that has read most, or null.</summary>
    public TrackCursor? Foremost
    {
        get
        {
            TrackCursor? foremost = null;
            foreach (var cursor in _cursors)
            {
                if (foremost is null || cursor.Progress.Unread < foremost.Progress.Unread)
                    foremost = cursor;
            }

            return foremost;
        }
    }

    /// <summary>Gets the memory, in bytes, that the foremost reader has not read yet.</summary>
    public long ForemostUnread => Foremost?.Progress.Unread ?? 0;

    /// <summary>
    /// Determines whether no reader has more to read than this. A reader that has read all there is, or waits for more of the group that
    /// is written, leaves room whatever the bounds are: a wait for it would never end.
    /// </summary>
    /// <param name="bytes">The memory that a reader may have to read.</param>
    /// <param name="groups">The number of groups that it may have to read.</param>
    /// <param name="writing">The group that is written, or null.</param>
    public bool LeaveRoom(long bytes, long groups, GroupProducer? writing)
    {
        foreach (var cursor in _cursors)
        {
            var progress = cursor.Progress;
            if (progress.Unread > 0 && (progress.Unread >= bytes || progress.UnreadGroups >= groups)
                && writing?.Readers.Of(cursor) is not { IsWaiting: true })
            {
                return false;
            }
        }

        return true;
    }

    public List<TrackCursor>.Enumerator GetEnumerator() => _cursors.GetEnumerator();

    /// <summary>Returns what is known of each reader.</summary>
    public IEnumerable<TrackReaderInfo> Infos() => _cursors.Select(static cursor => ReaderHistory.InfoOf(cursor, null));

    /// <summary>Combines what the readers want, or returns null if there is none.</summary>
    public SubscribeOptions? CombinedOptions()
    {
        SubscribeOptions? combined = null;
        foreach (var cursor in _cursors)
            combined = combined is null ? cursor.Options : combined.CombineWith(cursor.Options);
        return combined;
    }

    /// <summary>Adds a reader.</summary>
    public void Add(TrackCursor cursor)
    {
        _cursors.Add(cursor);
        Arrivals++;
        history.OnJoined(cursor);
        count.Change(1);
    }

    /// <summary>Removes a reader, unless it was cut off and removed before.</summary>
    public void Remove(TrackCursor cursor, TrackReaderEnd end)
    {
        if (_cursors.Remove(cursor))
            OnEnded(cursor, end);
    }

    /// <summary>Wakes every reader.</summary>
    public void Wake()
    {
        foreach (var cursor in _cursors)
            cursor.Wake();
    }

    /// <summary>Counts a group that is begun.</summary>
    public void OnBegun(long cost)
    {
        if (AreMeasured)
            OnWritten(cost);
        Begun++;
    }

    /// <summary>Counts a frame that is written. Readers that had nothing to take have their whole time from now on.</summary>
    public void OnWritten(long cost)
    {
        if (!AreMeasured)
            return;
        if (options.Lossless)
        {
            foreach (var cursor in _cursors)
            {
                if (cursor.Progress.Unread == 0)
                    cursor.Progress.Touch();
            }
        }

        Written += cost;
    }

    /// <summary>Notifies the readers that have not taken a group that it is dropped.</summary>
    public void OnDropped(GroupProducer group)
    {
        foreach (var cursor in _cursors)
        {
            if (!cursor.HasPassed(group.Index))
                cursor.OnDropped(group);
        }
    }

    /// <summary>Counts the memory of a group, which is taken back, as read by the readers that have not taken the group.</summary>
    public void OnReleased(GroupProducer group, long cost)
    {
        foreach (var cursor in _cursors)
        {
            if (!cursor.HasPassed(group.Index))
                cursor.Progress.OnRead(cost);
        }
    }

    /// <summary>Determines whether there are readers and all of them have passed the group at this index.</summary>
    public bool HaveAllPassed(long index)
    {
        foreach (var cursor in _cursors)
        {
            if (!cursor.HasPassed(index))
                return false;
        }

        return _cursors.Count > 0;
    }

    /// <summary>
    /// Cuts off every reader that has something to take and has taken nothing for the limit, or less than the lowest rate.
    /// </summary>
    /// <param name="patience">The time until the next reader would be cut off.</param>
    /// <returns>True if a reader was cut off.</returns>
    public bool CutOffLate(out TimeSpan patience)
    {
        patience = options.SlowReaderLimit;
        var before = _cursors.Count;
        for (var i = _cursors.Count - 1; i >= 0; i--)
        {
            var cursor = _cursors[i];
            if (cursor.Progress.Unread == 0)
                continue;
            var left = options.SlowReaderLimit - runtime.GetElapsedTime(cursor.Progress.LastChange);
            if (left > TimeSpan.Zero && !cursor.Progress.IsBelowRate(options, ref left))
            {
                patience = left < patience ? left : patience;
                continue;
            }

            _cursors.RemoveAt(i);
            OnEnded(cursor, TrackReaderEnd.TooSlow);
            cursor.Cut(MoqErrorCode.SlowReader);
        }

        return _cursors.Count < before;
    }

    private void OnEnded(TrackCursor cursor, TrackReaderEnd end)
    {
        if (end == TrackReaderEnd.Completed)
            Completed++;
        else if (end != TrackReaderEnd.Moved)
            Lost++;
        history.OnEnded(cursor, end);
        count.Change(-1);
    }
}
