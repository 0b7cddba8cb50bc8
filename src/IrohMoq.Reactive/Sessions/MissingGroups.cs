using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Finds out which groups a subscriber of the peer will not get, and lists them for SUBSCRIBE_DROP: it need not wait for them.
/// </summary>
/// <param name="cursor">The reader that serves the subscription.</param>
/// <param name="isReported">True if the subscriber understands SUBSCRIBE_DROP.</param>
internal sealed class MissingGroups(TrackCursor cursor, bool isReported)
{
    private readonly DropList _drops = new();
    // If no group was there, the subscription begins with the next one; what is dropped before it can be sent is reported.
    private ulong _expected = cursor.Beginning;
    private ulong? _firstBegun;

    /// <summary>Notes a group that begins to be sent. Groups before it that are gone are reported.</summary>
    public void OnBegun(ulong sequence)
    {
        SkipTo(sequence);
        _firstBegun ??= sequence;
    }

    /// <summary>Notes that the track is over: no group that the subscriber may still expect will come.</summary>
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

        // Numbers that no group has had are no loss of a lossless track.
        foreach (var gap in gaps)
            Add(gap.First, gap.Last, MoqErrorCode.NotFound);
    }

    /// <summary>Notes a group that was begun and that the subscriber will not get whole. Any thread.</summary>
    public void OnDropped(ulong sequence, MoqErrorCode code)
    {
        // A group that its producer has aborted is no loss of a lossless track: the track goes on as if the number had never had a group.
        var isByProducer = cursor.Track.Options.Lossless && code != MoqErrorCode.Evicted && code != MoqErrorCode.Old;
        Add(sequence, sequence, isByProducer ? MoqErrorCode.NotFound : code);
    }

    /// <summary>Takes the next range of groups to report.</summary>
    public bool TryTake(out SubscribeDrop drop) => _drops.TryTake(out drop);

    private void SkipTo(ulong sequence)
    {
        if (sequence > _expected && isReported)
        {
            // A reader that misses a group of a lossless track is cut off, unless it wants none that is old. What is gone here was there
            // before the reader came, or is a number that no group has had and that was given up because there are many such numbers.
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
