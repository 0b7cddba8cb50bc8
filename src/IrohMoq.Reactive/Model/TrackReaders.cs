using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the readers of a track: the progress of each reader, which reader has read most, and which readers are cut off because they
/// are too slow. The caller of any member must hold the lock of the track.
/// </summary>
internal sealed class TrackReaders
{
    private readonly List<TrackCursor> _cursors = [];
    private readonly ForemostReader _foremost;
    private readonly Runtime _runtime;
    private readonly ReaderCount _count;
    private readonly ReaderHistory _history;
    private TrackOptions _options;
    // The index of the reader that has not passed a group that was asked for last.
    private int _behind;

    public TrackReaders(TrackOptions options, Runtime runtime, ReaderCount count, ReaderHistory history)
    {
        (_options, _runtime, _count, _history) = (options, runtime, count, history);
        _foremost = new ForemostReader(_cursors);
        AreMeasured = options.Lossless;
    }

    /// <summary>Gets the number of readers.</summary>
    public int Count => _cursors.Count;

    /// <summary>Gets the number of readers that have joined.</summary>
    public long Arrivals { get; private set; }

    /// <summary>Gets the number of readers that have read everything up to the end of the track.</summary>
    public long Completed { get; private set; }

    /// <summary>Gets the number of readers that ended before they had read everything.</summary>
    public long Lost { get; private set; }

    /// <summary>Gets or sets a value indicating whether the progress of readers is measured, because somebody waits for them.</summary>
    public bool AreMeasured { get; set; }

    /// <summary>Gets the cost, in bytes, of everything that was written while the progress of readers was measured.</summary>
    public long Written { get; private set; }

    /// <summary>Gets the number of groups that were created so far.</summary>
    public long Begun { get; private set; }

    /// <summary>Gets the number of the last start that a reader has requested.</summary>
    public long LastStart { get; private set; }

    /// <summary>Gets the reader that has read most, or null.</summary>
    public TrackCursor? Foremost => _foremost.Find();

    /// <summary>Gets the cost, in bytes, of what the reader that has read most has not read yet.</summary>
    public long ForemostUnread => Foremost?.Progress.Unread ?? 0;

    /// <summary>
    /// Determines whether the unread data of every reader is below the specified limits. A reader that has read everything, or waits for
    /// more of the group that is written, always leaves room: a wait for it would never end.
    /// </summary>
    /// <param name="bytes">The cost, in bytes, below which the unread data of a reader must be.</param>
    /// <param name="groups">The number below which the unread groups of a reader must be.</param>
    /// <param name="writing">The group that is written, or null.</param>
    public bool LeaveRoom(long bytes, long groups, GroupProducer? writing)
    {
        foreach (var cursor in _cursors)
        {
            var (unread, groupsUnread) = (cursor.Progress.Unread, cursor.Progress.UnreadGroups);
            if (unread > 0 && (unread >= bytes || groupsUnread >= groups) && writing?.Readers.Of(cursor) is not { IsWaiting: true })
                return false;
        }

        return true;
    }

    /// <summary>Sets the options of the track, before its first group.</summary>
    public void Describe(TrackOptions options)
    {
        _options = options;
        AreMeasured = options.Lossless;
    }

    public List<TrackCursor>.Enumerator GetEnumerator() => _cursors.GetEnumerator();

    /// <summary>Returns a description of the current state of each reader.</summary>
    public IEnumerable<TrackReaderInfo> Infos() => _cursors.Select(static cursor => ReaderHistory.InfoOf(cursor, null));

    /// <summary>Returns the combined options of the readers, or null if there is no reader.</summary>
    public SubscribeOptions? CombinedOptions()
    {
        SubscribeOptions? combined = null;
        foreach (var cursor in _cursors)
            combined = combined is null ? cursor.Options : combined.CombineWith(cursor.Options);
        return combined;
    }

    /// <summary>Returns the peers for which the track is read.</summary>
    public IReadOnlyList<Requester> Peers()
    {
        List<Requester>? peers = null;
        foreach (var cursor in _cursors)
        {
            if (cursor.Peer is { } peer)
                (peers ??= []).Add(peer);
        }

        return peers ?? (IReadOnlyList<Requester>)[];
    }

    /// <summary>Returns the lowest group number with which a reader has requested to begin, or null if no reader has.</summary>
    /// <param name="after">The number of the last request that does not count.</param>
    public ulong? EarliestStart(long after)
    {
        ulong? earliest = null;
        foreach (var cursor in _cursors)
        {
            if (cursor.StartNumber > after && cursor.RequestedStart is { } start && !(start >= earliest))
                earliest = start;
        }

        return earliest;
    }

    /// <summary>Gets a value indicating whether a reader has requested to begin with the newest group.</summary>
    public bool AnyBeginsWithNewest => _cursors.Exists(static cursor => cursor.RequestedStart is null);

    /// <summary>Determines whether a reader has requested to begin with a frame of a group, or with a later frame of it.</summary>
    public bool HaveAskedFor(ulong sequence, ulong frame)
    {
        foreach (var cursor in _cursors)
        {
            if (cursor.RequestedStart == sequence && (ulong)cursor.RequestedFrame >= frame)
                return true;
        }

        return false;
    }

    /// <summary>Records that a reader has read more. One that has left may still read what it holds.</summary>
    public void OnRead(TrackCursor cursor)
    {
        if (!cursor.Progress.IsOver)
            _foremost.OnRead(cursor);
    }

    /// <summary>Records that a reader has to read something once more.</summary>
    public void OnReturned(TrackCursor cursor) => _foremost.OnReturned(cursor);

    /// <summary>Numbers the start that a reader requests.</summary>
    public void OnStartRequested(TrackCursor cursor) => cursor.StartNumber = ++LastStart;

    /// <summary>Adds a reader.</summary>
    public void Add(TrackCursor cursor)
    {
        _cursors.Add(cursor);
        OnRead(cursor);
        OnStartRequested(cursor);
        Arrivals++;
        _history.OnJoined(cursor);
        _count.Change(1);
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

    /// <summary>Counts a group that is created.</summary>
    public void OnBegun(long cost)
    {
        if (AreMeasured)
            OnWritten(cost);
        Begun++;
    }

    /// <summary>
    /// Counts a frame that is written. For a reader that had nothing to read, the time limit for slow readers starts now.
    /// </summary>
    public void OnWritten(long cost)
    {
        if (!AreMeasured)
            return;
        if (_options.Lossless)
        {
            foreach (var cursor in _cursors)
            {
                if (cursor.Progress.Unread == 0)
                    cursor.Progress.Touch();
            }
        }

        Written += cost;
    }

    /// <summary>Notifies the readers that have not taken a group that the group is dropped.</summary>
    public void OnDropped(GroupProducer group)
    {
        foreach (var cursor in _cursors)
        {
            if (!cursor.HasPassed(group.Index))
                cursor.OnDropped(group);
        }
    }

    /// <summary>Counts the cost of a group whose memory is released as read by the readers that have not taken the group.</summary>
    public void OnReleased(GroupProducer group, long cost)
    {
        foreach (var cursor in _cursors)
        {
            if (!cursor.HasPassed(group.Index))
                cursor.Progress.OnRead(cost);
        }
    }

    /// <summary>
    /// Determines whether there are readers and all of them have passed the group at the specified index. The reader that prevented it last
    /// is looked at first, so that each reader is looked at once on average while all of them pass a group.
    /// </summary>
    public bool HaveAllPassed(long index)
    {
        for (var i = 0; i < _cursors.Count; i++)
        {
            if (_behind >= _cursors.Count)
                _behind = 0;
            if (!_cursors[_behind].HasPassed(index))
                return false;
            _behind++;
        }

        return _cursors.Count > 0;
    }

    /// <summary>
    /// Cuts off every reader that has data to read and, over <see cref="TrackOptions.SlowReaderLimit"/>, has read nothing or more slowly
    /// than <see cref="TrackOptions.MinReaderRate"/>.
    /// </summary>
    /// <param name="patience">The time until the next reader would be cut off.</param>
    /// <returns>True if a reader was cut off.</returns>
    public bool CutOffLate(out TimeSpan patience)
    {
        patience = _options.SlowReaderLimit;
        var before = _cursors.Count;
        for (var i = _cursors.Count - 1; i >= 0; i--)
        {
            var cursor = _cursors[i];
            if (cursor.Progress.Unread == 0)
                continue;
            var left = _options.SlowReaderLimit - _runtime.GetElapsedTime(cursor.Progress.LastChange);
            if (left > TimeSpan.Zero && !cursor.Progress.IsBelowRate(_options, ref left))
            {
                patience = left < patience ? left : patience;
                continue;
            }

            CutOff(i, MoqErrorCode.SlowReader, TrackReaderEnd.TooSlow);
        }

        return _cursors.Count < before;
    }

    /// <summary>Stops serving a peer.</summary>
    public void CutOff(Requester peer, MoqErrorCode code)
    {
        for (var i = _cursors.Count - 1; i >= 0; i--)
        {
            if (peer.Equals(_cursors[i].Peer))
                CutOff(i, code, TrackReaderEnd.Aborted);
        }
    }

    private void CutOff(int index, MoqErrorCode code, TrackReaderEnd end)
    {
        var cursor = _cursors[index];
        _cursors.RemoveAt(index);
        OnEnded(cursor, end);
        cursor.Cut(code);
    }

    private void OnEnded(TrackCursor cursor, TrackReaderEnd end)
    {
        cursor.Progress.IsOver = true;
        OnReturned(cursor);
        if (end == TrackReaderEnd.Completed)
            Completed++;
        else if (end != TrackReaderEnd.Moved)
            Lost++;
        _history.OnEnded(cursor, end);
        _count.Change(-1);
    }
}
