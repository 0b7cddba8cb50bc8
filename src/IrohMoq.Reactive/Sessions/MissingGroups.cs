using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Determines which groups a subscriber of the peer will not receive, and lists them for SUBSCRIBE_DROP, so that the subscriber does
/// not wait for them. Only <see cref="OnDropped"/> is thread-safe.
/// </summary>
/// <param name="cursor">The track reader that serves the subscription.</param>
/// <param name="isReported">True if the subscriber understands SUBSCRIBE_DROP.</param>
internal sealed class MissingGroups(TrackCursor cursor, bool isReported)
{
    private readonly DropList _drops = new();
    // The numbers of the groups that were begun or listed.
    private readonly SequenceLog _told = new(cursor.Track.Runtime);
    // If no group existed, the subscription begins with the next one; a group that is dropped before it can be sent is reported.
    private ulong _expected = cursor.Beginning;
    private ulong? _firstBegun;
    private long _abandoned;
    // The first group that was requested by an update, the first one before, and whether earlier groups wait to be begun.
    private ulong? _earliest;
    private ulong _begin;
    private bool _hasEarlier;
    private bool _isReported = isReported;

    // A reader that misses a group of a lossless track is cut off, unless it accepts that old groups are skipped. The groups that are
    // unavailable here existed before the reader was added, or their numbers have no group: that was reported by the publisher of a
    // received track, or they are no longer recorded because there are many of them.
    private MoqErrorCode CodeOfGone =>
        cursor.Track.IsLossless && cursor.Options.AcceptedLatency is null ? MoqErrorCode.NotFound : MoqErrorCode.Old;

    /// <summary>
    /// Lets the groups be reported that are missing now, and further ones, because the subscriber has shown that it understands
    /// SUBSCRIBE_DROP.
    /// </summary>
    public void Report() => Volatile.Write(ref _isReported, true);

    /// <summary>Records that the transmission of a group begins, and reports unavailable groups before it.</summary>
    public void OnBegun(ulong sequence)
    {
        SkipTo(sequence);
        _firstBegun ??= sequence;
        _told.TryAdd(sequence);
        // The lowest numbers are not reported if there are too many gaps.
        if (_told.Excess is { } gap)
            _told.GiveUp(gap.First, gap.Last);
    }

    /// <summary>Determines whether a group was begun, or was reported.</summary>
    public bool IsTold(ulong sequence) => _told.Covers(sequence, sequence);

    /// <summary>
    /// Lets the subscription begin with an earlier group. Groups that are kept no more are reported by <see cref="Check"/>.
    /// </summary>
    /// <param name="sequence">The first group.</param>
    /// <param name="before">The first group of the subscription when it began.</param>
    public void BeginEarlier(ulong sequence, ulong before)
    {
        (_earliest, _begin) = (sequence, before);
        _hasEarlier = true;
    }

    /// <summary>Lets the subscription begin with a later group: groups before it are not reported.</summary>
    public void BeginLater(ulong sequence) => _earliest = sequence;

    /// <summary>
    /// Reports groups before those that were begun, if they are known not to be sent since the last call: groups of another peer that will
    /// not arrive, and earlier groups that were requested and are not kept. A local producer may use any other number as long as the track
    /// lasts.
    /// </summary>
    public void Check()
    {
        long abandoned;
        lock (cursor.Track.Gate)
            abandoned = cursor.Track.Sequences.Abandonments;
        if (abandoned == _abandoned && !_hasEarlier)
            return;
        _abandoned = abandoned;
        _hasEarlier = cursor.HasEarlier;
        AddGone();
    }

    /// <summary>
    /// Records that the track has ended, and reports the groups that the subscriber may still expect, because they will not be sent.
    /// </summary>
    public void OnEnd()
    {
        var track = cursor.Track;
        ulong end;
        lock (track.Gate)
        {
            if (track.Sequences.Highest is not { } highest || (_expected > highest + 1 && !_hasEarlier))
                return;
            end = highest + 1;
        }

        SkipTo(end);
        AddGone();
        if (!track.IsLossless)
            return;
        // Sequence numbers that no group ever had do not count as a loss on a lossless track.
        foreach (var (from, to) in Untold())
            Add(from, to, MoqErrorCode.NotFound);
    }

    /// <summary>Records a group that was begun and that the subscriber will not receive completely. This method is thread-safe.</summary>
    public void OnDropped(ulong sequence, MoqErrorCode code)
    {
        // On a lossless track, a group that its producer has aborted does not count as lost: the track continues as if the number had
        // never had a group.
        var isByProducer = cursor.Track.IsLossless && code != MoqErrorCode.Evicted && code != MoqErrorCode.Old;
        Add(sequence, sequence, isByProducer ? MoqErrorCode.NotFound : code);
    }

    /// <summary>Removes and returns the next range of groups to report.</summary>
    public bool TryTake(out SubscribeDrop drop)
    {
        drop = default;
        return Volatile.Read(ref _isReported) && _drops.TryTake(out drop);
    }

    private void SkipTo(ulong sequence)
    {
        if (sequence > _expected)
            AddGone(_expected, sequence - 1);
        _expected = Math.Max(_expected, sequence + 1);
    }

    /// <summary>Returns the numbers below that of a group that was begun of which nothing was told.</summary>
    private (ulong First, ulong Last)[] Untold()
    {
        if ((_earliest < _begin ? _earliest : _firstBegun) is not { } first)
            return [];
        // Before the first group is begun, those below it are expected if they were requested.
        var last = _told.Highest ?? _begin - 1;
        return first <= last ? [.. _told.OpenWithin(first, last)] : [];
    }

    private void AddGone()
    {
        foreach (var (from, to) in Untold())
            AddGone(from, to);
    }

    private void AddGone(ulong first, ulong last)
    {
        foreach (var (from, to) in cursor.Gone(first, last))
        {
            _told.GiveUp(from, to);
            Add(from, to, CodeOfGone);
        }
    }

    private void Add(ulong first, ulong last, MoqErrorCode code)
    {
        if (Volatile.Read(ref _isReported))
        {
            _drops.Add(first, last, code);
            cursor.Wake();
            return;
        }

        // The last ranges are kept, because the subscriber may begin to understand them.
        if (_drops.IsFull)
            _drops.TryTake(out _);
        _drops.Add(first, last, code);
    }
}
