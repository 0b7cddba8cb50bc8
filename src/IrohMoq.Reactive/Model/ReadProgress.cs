namespace IrohMoq.Reactive;

/// <summary>
/// Measures how much of a track one reader has read and has yet to read, by the cost of frames in bytes. The caller of any member must
/// hold the lock of the track.
/// </summary>
internal sealed class ReadProgress
{
    private readonly TrackState _track;
    private readonly TrackCursor _cursor;
    private long _readGroups;
    private long _rateSince;
    private long _readAtRateSince;

    /// <param name="track">The track.</param>
    /// <param name="cursor">The reader, which joins the track.</param>
    /// <param name="next">The index of the group with which the reader begins.</param>
    public ReadProgress(TrackState track, TrackCursor cursor, long next)
    {
        (_track, _cursor) = (track, cursor);
        LastChange = _rateSince = track.Runtime.GetTimestamp();
        (Read, _readGroups) = (track.Readers.Written, track.Readers.Begun);
        if (!track.Readers.AreMeasured)
            return;
        foreach (var (index, group) in track.Cache)
        {
            // This reader does not have to read what is written to groups before its first one.
            if (index < next)
            {
                group.OnLeft(cursor);
                continue;
            }

            Read -= group.UnreadCost;
            _readGroups--;
        }
    }

    /// <summary>Gets the cost, in bytes, of what the reader has read or passed since the track began.</summary>
    public long Read { get; private set; }

    /// <summary>Gets the cost, in bytes, of what the reader has yet to read.</summary>
    public long Unread => _track.Readers.Written - Read;

    /// <summary>Gets the number of groups that the reader has yet to take or to read to the end.</summary>
    public long UnreadGroups => _track.Readers.Begun - _readGroups;

    /// <summary>Gets the timestamp at which the reader last read something or reported that it is still reading.</summary>
    public long LastChange { get; private set; }

    /// <summary>Gets or sets a value indicating whether the reader has left the track.</summary>
    public bool IsOver { get; set; }

    /// <summary>Records that the reader is active, even if it has read nothing.</summary>
    public void Touch() => LastChange = _track.Runtime.GetTimestamp();

    /// <summary>
    /// Adds the memory, in bytes, of data that the reader has read or skipped, or that was removed from the cache before the reader read
    /// it.
    /// </summary>
    public void OnRead(long cost)
    {
        if (cost == 0 || !_track.Readers.AreMeasured)
            return;
        var before = Unread;
        Read += cost;
        _track.Readers.OnRead(_cursor);
        if (Unread == 0)
            (_rateSince, _readAtRateSince) = (LastChange, Read);
        _track.OnProgress(before, Unread);
    }

    /// <summary>Counts a group that the reader has passed as one that it has yet to read.</summary>
    public void OnReturned(GroupProducer group)
    {
        if (!_track.Readers.AreMeasured)
            return;
        if (Unread == 0)
            Touch();
        Read -= group.UnreadCost;
        _readAtRateSince -= group.UnreadCost;
        _track.Readers.OnReturned(_cursor);
        _readGroups--;
    }

    /// <summary>Counts a group that the reader has read or passed, or that was dropped.</summary>
    public void OnReadGroup()
    {
        _readGroups++;
        _track.Writers.WakeFirst();
    }

    /// <summary>
    /// Determines whether the reader has read more slowly than <see cref="TrackOptions.MinReaderRate"/> over
    /// <see cref="TrackOptions.SlowReaderLimit"/>.
    /// </summary>
    /// <param name="options">The options with the rate and the time limit.</param>
    /// <param name="left">The time until the next check, which is shortened to the time until this method has to be called again.</param>
    public bool IsBelowRate(TrackOptions options, ref TimeSpan left)
    {
        if (options.MinReaderRate == 0)
            return false;
        var time = _track.Runtime.GetElapsedTime(_rateSince);
        if (time < options.SlowReaderLimit)
        {
            var rest = options.SlowReaderLimit - time;
            left = rest < left ? rest : left;
            return false;
        }

        var isBelow = Read - _readAtRateSince < options.MinReaderRate * time.TotalSeconds;
        (_rateSince, _readAtRateSince) = (_track.Runtime.GetTimestamp(), Read);
        return isBelow;
    }
}
