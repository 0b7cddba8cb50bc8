namespace IrohMoq.Reactive;

/// <summary>
/// Counts the groups that one reader of a track has missed, wherever they were lost. A group that is merely late counts until it comes.
/// Every member is used under the track's lock.
/// </summary>
internal sealed class SkipCount
{
    private readonly TrackState _track;
    private readonly bool _isForPeer;
    private readonly ulong? _from;
    // Groups that were dropped before this reader took them, less those of the track's counts that came before this reader.
    private long _missed;
    private long _reported;

    /// <param name="track">The track.</param>
    /// <param name="start">The number that the reader asks for, or null for the newest group.</param>
    /// <param name="isForPeer">True if the reader reads for a subscriber at the peer, which counts what it misses itself.</param>
    public SkipCount(TrackState track, ulong? start, bool isForPeer)
    {
        _track = track;
        _isForPeer = isForPeer;
        var newest = track.Cache.Newest?.Sequence;
        _from = start ?? newest ?? track.Sequences.Highest + 1;
        // What was given up beyond the newest group is missed like what is given up later.
        _missed = track.Sequences.GivenUpAbove(newest) - track.Sequences.GivenUp;
    }

    /// <summary>
    /// Gets the number that the reader begins with, or null while it is not known. A lower number may still come; it is not missed if it
    /// does not.
    /// </summary>
    public ulong? From =>
        _from is { } from && _track.Sequences.First is { } begin ? Math.Max(from, begin) : _from ?? _track.Sequences.First;

    /// <summary>Gets how many groups the reader has missed so far.</summary>
    public long Total => _missed + _track.Sequences.GivenUp + _track.Sequences.Missing(_from);

    /// <summary>Counts a group that was dropped before the reader took it.</summary>
    public void OnDropped(GroupProducer group)
    {
        if (_from is not { } from || group.Sequence >= from)
            _missed++;
    }

    /// <summary>Leaves out groups below the reader's first, before the track counts them as given up.</summary>
    public void OnGivenUp(ulong first, ulong last)
    {
        if (_from > first)
            _missed -= _track.Sequences.NotCome(first, Math.Min(last, _from.Value - 1));
    }

    /// <summary>Returns how many groups were missed since the last call that returned some.</summary>
    public long TakeNew()
    {
        var more = Total - _reported;
        // A group that was reported as missed and came after all is left out of what is missed next.
        if (more <= 0)
            return 0;
        _reported += more;
        if (!_isForPeer)
            _track.Received?.Flow.OnSkipped(more);
        return more;
    }
}
