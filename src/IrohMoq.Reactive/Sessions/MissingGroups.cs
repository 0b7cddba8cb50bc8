using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Determines which groups a subscriber of the peer will not receive, and lists them for SUBSCRIBE_DROP, so that the subscriber does
/// not wait for them.
/// </summary>
/// <param name="cursor">The track reader that serves the subscription.</param>
/// <param name="isReported">True if the subscriber understands SUBSCRIBE_DROP.</param>
internal sealed class MissingGroups(TrackCursor cursor, bool isReported)
{
    private readonly DropList _drops = new();
    // If no group existed, the subscription begins with the next one; a group that is dropped before it can be sent is reported.
    private ulong _expected = cursor.Beginning;
    private ulong? _firstBegun;

    /// <summary>Records that the transmission of a group begins, and reports unavailable groups before it.</summary>
    public void OnBegun(ulong sequence)
    {
        SkipTo(sequence);
        _firstBegun ??= sequence;
    }

    /// <summary>
    /// Records that the track has ended, and reports the groups that the subscriber may still expect, because they will not be sent.
    /// </summary>
    public void OnEnd()
    {
        var track = cursor.Track;
        (ulong First, ulong Last)[] gaps;
        lock (track.Gate)
        {
            if (track.Sequences.Highest is not { } highest || _expected > highest + 1)
                return;
            SkipTo(highest + 1);
            if (!track.Options.Lossless || _firstBegun is not { } first)
                return;
            gaps = [.. track.Sequences.GapsAbove(first)];
        }

        // Sequence numbers that no group ever had do not count as a loss on a lossless track.
        foreach (var gap in gaps)
            Add(gap.First, gap.Last, MoqErrorCode.NotFound);
    }

    /// <summary>Records a group that was begun and that the subscriber will not receive completely. This method is thread-safe.</summary>
    public void OnDropped(ulong sequence, MoqErrorCode code)
    {
        // On a lossless track, a group that its producer has aborted does not count as lost: the track continues as if the number had
        // never had a group.
        var isByProducer = cursor.Track.Options.Lossless && code != MoqErrorCode.Evicted && code != MoqErrorCode.Old;
        Add(sequence, sequence, isByProducer ? MoqErrorCode.NotFound : code);
    }

    /// <summary>Removes and returns the next range of groups to report.</summary>
    public bool TryTake(out SubscribeDrop drop) => _drops.TryTake(out drop);

    private void SkipTo(ulong sequence)
    {
        if (sequence > _expected && isReported)
        {
            // A reader that misses a group of a lossless track is cut off, unless it accepts that old groups are skipped. The groups
            // that are unavailable here existed before the reader was added, or have unused numbers that are no longer recorded because
            // there are many of them.
            var isLossless = cursor.Track.Options.Lossless && cursor.Options.AcceptedLatency is null;
            foreach (var (first, last) in cursor.Gone(_expected, sequence - 1))
                Add(first, last, isLossless ? MoqErrorCode.NotFound : MoqErrorCode.Old);
        }

        _expected = Math.Max(_expected, sequence + 1);
    }

    private void Add(ulong first, ulong last, MoqErrorCode code)
    {
        if (!isReported)
            return;
        _drops.Add(first, last, code);
        cursor.Wake();
    }
}
