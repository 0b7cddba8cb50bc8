namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Detects whether a lossless track that is being received has lost groups, so that its readers do not mistake the end of the received
/// data for the end of the published data. This type is thread-safe.
/// </summary>
internal sealed class LostGroups(TrackState track, ArrivingGroups arriving)
{
    // The number of groups that the publisher has dropped. The lock of the track must be held.
    private long _dropped;
    private bool _hasGap;

    /// <summary>
    /// Gets a value that indicates whether the publisher has dropped groups that it had when the subscription began, or later.
    /// </summary>
    public bool IsAny
    {
        get
        {
            lock (track.Gate)
                return _dropped > 0;
        }
    }

    /// <summary>
    /// Counts groups that the publisher has dropped. Groups that were dropped before the subscription began do not count as lost.
    /// </summary>
    /// <param name="first">The first group.</param>
    /// <param name="last">The last group.</param>
    /// <param name="wantsAll">True if the subscription requested every group, no matter how late.</param>
    /// <returns>True if a group is lost.</returns>
    public bool OnDropped(ulong first, ulong last, bool wantsAll)
    {
        lock (track.Gate)
        {
            if (!track.IsWhole || !wantsAll || Begin is not { } begin || last < begin)
                return false;
            first = Math.Max(begin, first);
            var lost = track.Sequences.NotCome(first, last) + arriving.BrokenBetween(first, last).Length;
            _dropped += lost;
            return lost > 0;
        }
    }

    /// <summary>Determines whether every group has to arrive: the track is lossless, and its readers want every group.</summary>
    /// <param name="wantsAll">True if the subscription requested every group, no matter how late.</param>
    public bool IsEverythingWanted(bool wantsAll)
    {
        lock (track.Gate)
            return track.IsWhole && wantsAll;
    }

    // Earlier groups that a later reader requested are no loss for the track: its publisher may not keep them.
    private ulong? Begin => track.Received?.LiveFrom ?? track.Sequences.First ?? track.Sequences.Lowest;

    /// <summary>Records that the connection to which the subscription has moved does not deliver all missing groups.</summary>
    public void OnGap() => Volatile.Write(ref _hasGap, true);

    /// <summary>Determines whether groups are missing that a subscription which begins at the given group does not deliver.</summary>
    public bool HasGapBefore(ulong? start)
    {
        lock (track.Gate)
        {
            return track.IsWhole
                && (Volatile.Read(ref _hasGap) || (track.Sequences.Highest is not null && track.Sequences.FirstOriginalToCome < start));
        }
    }

    /// <summary>Returns the number of groups that would be lost if the track ended now.</summary>
    /// <param name="end">The number of the first group that will not exist, or null if the publisher does not tell it.</param>
    /// <param name="wantsAll">
    /// True if the subscription requested every group, no matter how late; otherwise, missing groups may be those that were too old.
    /// </param>
    public long CountAtEnd(ulong? end, bool wantsAll)
    {
        lock (track.Gate)
        {
            if (!track.IsWhole || !wantsAll)
                return _dropped;
            var missing = track.Sequences.MissingAtEnd + arriving.BrokenBetween(0, ulong.MaxValue).Length;
            var next = track.Sequences.Highest + 1 ?? track.Sequences.First ?? end;
            // The dropped groups are among the missing ones, except for those behind the last one if the publisher does not tell the end.
            return Math.Max(_dropped, missing + (end > next ? (long)(end - next) : 0));
        }
    }
}
