namespace IrohMoq.Reactive;

/// <summary>
/// How far one reader of a track is, in the memory that frames cost: what was written since the track began, less what the reader has read
/// or passed. Every member is used under the track's lock.
/// </summary>
internal sealed class ReadProgress
{
    private readonly TrackState _track;
    private long _readGroups;
    private long _rateSince;
    private long _readAtRateSince;

    /// <param name="track">The track.</param>
    /// <param name="cursor">The reader, which comes now.</param>
    /// <param name="next">The index of the group that it begins with.</param>
    public ReadProgress(TrackState track, TrackCursor cursor, long next)
    {
        _track = track;
        LastChange = _rateSince = track.Runtime.GetTimestamp();
        (Read, _readGroups) = (track.Readers.Written, track.Readers.Begun);
        if (!track.Readers.AreMeasured)
            return;
        foreach (var (index, group) in track.Cache)
        {
            // What is written to groups before the first one is nothing that this reader has to read.
            if (index < next)
            {
                group.OnLeft(cursor);
                continue;
            }

            Read -= group.UnreadCost;
            _readGroups--;
        }
    }

    /// <summary>Gets what the reader has read or passed since the track began. It grows with every frame.</summary>
    public long Read { get; private set; }

    /// <summary>Gets what the reader has to read.</summary>
    public long Unread => _track.Readers.Written - Read;

    /// <summary>Gets how many groups the reader has to take, or to read to their ends.</summary>
    public long UnreadGroups => _track.Readers.Begun - _readGroups;

    /// <summary>Gets when the reader last took something, or said that it reads on.</summary>
    public long LastChange { get; private set; }

    /// <summary>Notes that the reader is alive, though it may have taken nothing.</summary>
    public void Touch() => LastChange = _track.Runtime.GetTimestamp();

    /// <summary>Counts memory that was read or passed, or that is not there any more.</summary>
    public void OnRead(long cost)
    {
        if (cost == 0 || !_track.Readers.AreMeasured)
            return;
        var before = Unread;
        Read += cost;
        if (Unread == 0)
            (_rateSince, _readAtRateSince) = (LastChange, Read);
        _track.OnProgress(before, Unread);
    }

    /// <summary>Counts a group that was read, passed or dropped.</summary>
    public void OnReadGroup()
    {
        _readGroups++;
        _track.Writers.WakeFirst();
    }

    /// <summary>Determines whether the reader has read less than the lowest rate for as long as the limit.</summary>
    /// <param name="options">The rate and the limit.</param>
    /// <param name="left">Is shortened to the time until this has to be asked again.</param>
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
