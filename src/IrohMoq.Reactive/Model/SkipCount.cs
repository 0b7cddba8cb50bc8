namespace IrohMoq.Reactive;

/// <summary>
/// Counts the groups that one reader of a track has missed, wherever they were lost. A group that is merely late is counted until it
/// arrives. The caller of any member must hold the lock of the track.
/// </summary>
internal sealed class SkipCount
{
    private readonly TrackState _track;
    private readonly bool _isForPeer;
    private ulong? _from;
    // The groups that were dropped before this reader took them, minus the groups that the counts of the track include from before this
    // reader joined.
    private long _missed;
    private long _reported;

    /// <param name="track">The track.</param>
    /// <param name="start">The first group number that the reader requests, or null for the newest group.</param>
    /// <param name="isForPeer">True if the reader reads on behalf of a remote subscriber, which counts its missed groups itself.</param>
    public SkipCount(TrackState track, ulong? start, bool isForPeer)
    {
        _track = track;
        _isForPeer = isForPeer;
        var newest = track.Cache.Newest?.Sequence;
        _from = start ?? newest ?? track.Sequences.Highest + 1;
        // Groups above the newest one that were abandoned before count as missed, like groups that are abandoned later.
        _missed = track.Sequences.GivenUpAbove(newest) - track.Sequences.GivenUp;
    }

    /// <summary>
    /// Gets the number of the first group that counts for the reader, or null while the number is not known. A group with a lower number
    /// may still arrive, but does not count as missed if it does not.
    /// </summary>
    public ulong? From =>
        _from is { } from && _track.Sequences.First is { } begin ? Math.Max(from, begin) : _from ?? _track.Sequences.First;

    /// <summary>Returns the number of groups that the reader has missed so far.</summary>
    /// <param name="end">The last group that the reader wants, or null if it wants all.</param>
    /// <param name="isOver">True if the reader waits for no group any more.</param>
    public long Total(ulong? end, bool isOver = false)
    {
        var missing = _track.Sequences.Missing(_from, isOver);
        // Groups behind the last one are missing for other readers only.
        if (end < TrackProducer.MaxSequence)
            missing -= _track.Sequences.Missing(Math.Max(end.Value + 1, _from ?? 0), isOver);
        return _missed + _track.Sequences.GivenUp + missing;
    }

    /// <summary>Counts a group that was dropped before the reader took it.</summary>
    /// <param name="group">The group.</param>
    /// <param name="end">The last group that the reader wants, or null if it wants all.</param>
    public void OnDropped(GroupProducer group, ulong? end)
    {
        if (!(group.Sequence < _from) && !(group.Sequence > end))
            _missed++;
    }

    /// <summary>
    /// Excludes the groups below the reader's first group, and above its last one, from a range that the track is about to count as
    /// abandoned.
    /// </summary>
    /// <param name="first">The first group of the range.</param>
    /// <param name="last">The last group of the range.</param>
    /// <param name="end">The last group that the reader wants, or null if it wants all.</param>
    public void OnGivenUp(ulong first, ulong last, ulong? end)
    {
        if (_from > first)
            _missed -= _track.Sequences.NotCome(first, Math.Min(last, _from.Value - 1));
        if (end < last && Math.Max(first, Math.Max(end.Value + 1, _from ?? 0)) is var above && above <= last)
            _missed -= _track.Sequences.NotCome(above, last);
    }

    /// <summary>
    /// Excludes the groups below a number, because they were requested by another reader only. Has no effect if the first group that counts
    /// is known.
    /// </summary>
    public void BeginAt(ulong sequence) => _from ??= sequence;

    /// <summary>
    /// Excludes abandoned groups below the reader's first group, which the track is about to count although they were abandoned before.
    /// </summary>
    public void OnFoundAbandoned(ulong first, ulong last)
    {
        if (_from > first)
            _missed -= (long)(Math.Min(last, _from.Value - 1) - first) + 1;
    }

    /// <summary>Returns the number of groups that were missed since the last call that returned more than 0.</summary>
    /// <param name="end">The last group that the reader wants, or null if it wants all.</param>
    public long TakeNew(ulong? end)
    {
        var more = Total(end) - _reported;
        // A group that was reported as missed and arrived after all is subtracted from the next count.
        if (more <= 0)
            return 0;
        _reported += more;
        if (!_isForPeer)
            _track.Received?.Flow.OnSkipped(more);
        return more;
    }
}
