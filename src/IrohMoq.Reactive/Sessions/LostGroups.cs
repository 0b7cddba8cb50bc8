namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Finds out whether a lossless track that is received has lost groups: its readers must not take the end of what came for the end of what
/// was published. Any thread.
/// </summary>
internal sealed class LostGroups(TrackState track, ArrivingGroups arriving)
{
    // Groups that the publisher has dropped. Under the track's lock.
    private long _dropped;
    private bool _hasGap;

    /// <summary>Gets a value indicating whether the publisher has dropped groups that it had when the reading began, or later.</summary>
    public bool IsAny
    {
        get
        {
            lock (track.Gate)
                return _dropped > 0;
        }
    }

    /// <summary>Counts groups that the publisher has dropped. What was dropped before the reading began is no loss.</summary>
    /// <param name="first">The first group.</param>
    /// <param name="last">The last group.</param>
    /// <param name="wantsAll">True if every group was asked for, however late.</param>
    /// <returns>True if a group is lost.</returns>
    public bool OnDropped(ulong first, ulong last, bool wantsAll)
    {
        lock (track.Gate)
        {
            if (!track.IsWhole || !wantsAll || (track.Sequences.First ?? track.Sequences.Lowest) is not { } begin || last < begin)
                return false;
            first = Math.Max(begin, first);
            var lost = track.Sequences.NotCome(first, last) + arriving.BrokenBetween(first, last).Length;
            _dropped += lost;
            return lost > 0;
        }
    }

    /// <summary>Notes that the connection that the reading has moved to does not bring all that has not come.</summary>
    public void OnGap() => Volatile.Write(ref _hasGap, true);

    /// <summary>Determines whether groups are missing that a subscription which begins at this group does not bring.</summary>
    public bool HasGapBefore(ulong? start)
    {
        lock (track.Gate)
        {
            return track.IsWhole
                && (Volatile.Read(ref _hasGap) || (track.Sequences.Highest is not null && track.Sequences.FirstToCome < start));
        }
    }

    /// <summary>Returns the number of groups that are lost if the track ends now.</summary>
    public long CountAtEnd()
    {
        lock (track.Gate)
            return _dropped + (track.IsWhole ? track.Sequences.MissingAtEnd + arriving.BrokenBetween(0, ulong.MaxValue).Length : 0);
    }
}
