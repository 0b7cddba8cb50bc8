using System.Diagnostics.CodeAnalysis;

namespace IrohMoq.Reactive;

/// <summary>
/// Sorts the groups of one reader by number. A group waits for missing groups with lower numbers until it is as old as the reader's time
/// limit; the limit is the same however many groups are missing. A group that arrives after its turn is released; it has already been
/// counted as missed.
/// </summary>
internal sealed class GroupSorter(TrackCursor cursor) : IDisposable
{
    // Protects against a caller that disposes this object during a read.
    private readonly Lock _gate = new();
    private readonly PriorityQueue<GroupConsumer, ulong> _arrived = new();
    private ulong? _next;
    private ulong _begin;
    private long _missed;

    /// <summary>
    /// Gets the number of groups that were missed while the reader used sequence order: groups before those that were returned and, at
    /// the end of the track, groups after the last one.
    /// </summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>Gets a value indicating whether no group waits, and every group that the reader needs was returned or is missing.</summary>
    private bool HasReturnedAll
    {
        get
        {
            lock (_gate)
            {
                if (_arrived.Count > 0)
                    return false;
                if (_next > cursor.Options.End)
                    return true;
            }

            lock (cursor.Track.Gate)
                return cursor.HasTakenAll;
        }
    }

    /// <summary>
    /// Starts the order at the specified number, because the reader has already received groups with lower numbers. Has no effect if the
    /// next expected number is not lower.
    /// </summary>
    public void BeginAt(ulong sequence)
    {
        lock (_gate)
        {
            if (_next >= sequence)
                return;
            _next = _begin = sequence;
        }
    }

    /// <summary>
    /// Returns the next group in order. Its <see cref="GroupConsumer.Skipped"/> is the number of groups that were missed before it.
    /// </summary>
    /// <returns>Null at the end of the track, or if the reader has left the track.</returns>
    public async ValueTask<GroupConsumer?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var patience = Collect();
            var isOver = cursor.IsOver(out var failure);
            if (TryTakeDue(isOver || patience == TimeSpan.Zero, out var group))
                return group;
            if (isOver)
            {
                CountMissedBehindTheLast();
                return failure is null ? null : throw failure;
            }

            if (cursor.HasLeft)
                return null;
            if (HasReturnedAll)
            {
                CountMissedBehindTheLast();
                return null;
            }

            await cursor.ChangedAsync(patience, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Tries to take the waiting group with the lowest number, even if groups before it are missing, because the reader does not use
    /// sequence order any more. Groups that its options exclude now were missed.
    /// </summary>
    public bool TryTake([MaybeNullWhen(false)] out GroupConsumer group)
    {
        lock (_gate)
        {
            var missed = 0L;
            while (TryTakeDueUnderLock(isPatienceOver: true, out group))
            {
                missed += group.Skipped;
                if (!group.IsDropped && !group.IsTooOld)
                {
                    group.Skipped = missed;
                    return true;
                }

                missed++;
                _missed++;
                group.Dispose();
            }

            return false;
        }
    }

    /// <summary>Releases the groups that still wait.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            while (_arrived.TryDequeue(out var group, out _))
                group.Dispose();
        }
    }

    /// <summary>Collects the groups that have arrived.</summary>
    /// <returns>
    /// The time for which the first group still waits for the groups before it, or <see cref="Timeout.InfiniteTimeSpan"/> if no group
    /// waits.
    /// </returns>
    private TimeSpan Collect()
    {
        lock (_gate)
            return CollectUnderLock();
    }

    private TimeSpan CollectUnderLock()
    {
        while (cursor.TryNext(out var group))
            _arrived.Enqueue(group, group.Sequence);
        // A group that was dropped or became too old while it waited, or that arrives after its turn, was missed.
        while (_arrived.TryPeek(out var first, out var sequence) && (sequence < _next || first.IsDropped || IsTooOld(first)))
        {
            // A group with a number below the start of the order was not counted as missed before.
            if (sequence < _begin)
                _missed++;
            _arrived.Dequeue().Dispose();
        }

        if (!_arrived.TryPeek(out var head, out _))
            return Timeout.InfiniteTimeSpan;
        TimeSpan patience;
        var track = cursor.Track;
        var waited = track.Runtime.GetElapsedTime(head.CreatedAt);
        lock (track.Gate)
        {
            // The first gap begins at the number that the publisher specifies or the reader requested. Groups that arrive before the
            // answer of the publisher wait for the answer.
            _next ??= track.Received is { IsAnswered: true } && !cursor.IsBeginningOpen ? cursor.From : null;
            // No group precedes the group with number 0, so it waits for none.
            if (_next is null && head.Sequence == 0)
                _next = 0;
            patience = cursor.Options.MaxLatency ?? track.Cache.Patience;
            // A group that waits until it is dropped would never be returned, and neither would the one after it.
            var kept = track.IsWhole ? Timeout.InfiniteTimeSpan : track.Cache.MaxAge;
            if (kept != Timeout.InfiniteTimeSpan && patience > kept)
                patience = kept;
            if (_next is null && track.Received is null)
                patience = TimeSpan.Zero;
            else if (_next is null && track.Received is { IsAnswered: true } && patience > TrackCursor.FirstMoment)
                patience = TrackCursor.FirstMoment;
            // Earlier groups were requested a moment ago. The reader is woken when none is expected any more.
            if (cursor.IsExtending && !(_next >= track.Received!.LiveFrom))
            {
                if (cursor.Options.MaxLatency is null)
                    return Timeout.InfiniteTimeSpan;
                waited = track.Sequences.SinceExtended < waited ? track.Sequences.SinceExtended : waited;
            }
        }

        var left = patience - waited;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>
    /// Determines whether a group that could be returned at once is too old, because the reader is slow or has changed its options. One
    /// that waits for missing groups is returned when its time limit is over: it has waited as long as it may.
    /// </summary>
    private bool IsTooOld(GroupConsumer group) => (group.Sequence == _next || IsSettled(group.Sequence)) && group.IsTooOld;

    private bool TryTakeDue(bool isPatienceOver, [MaybeNullWhen(false)] out GroupConsumer group)
    {
        lock (_gate)
            return TryTakeDueUnderLock(isPatienceOver, out group);
    }

    private bool TryTakeDueUnderLock(bool isPatienceOver, [MaybeNullWhen(false)] out GroupConsumer group)
    {
        if (!_arrived.TryPeek(out group, out var sequence) || (sequence != _next && !isPatienceOver && !IsSettled(sequence)))
            return false;
        _arrived.Dequeue();
        // Groups behind the last one that the reader needs are not missed.
        var due = cursor.Options.End < sequence ? cursor.Options.End.Value + 1 : sequence;
        // A group that arrived before the first expected number was known may have a lower number.
        group.Skipped = due > _next ? (long)(due - _next.Value) : 0;
        _missed += group.Skipped;
        _next = Math.Max(_next ?? 0, sequence + 1);
        return true;
    }

    /// <summary>
    /// Counts the groups after the last returned one as missed, because the track has ended, or no other group that the reader needs will
    /// come.
    /// </summary>
    private void CountMissedBehindTheLast()
    {
        lock (_gate)
        {
            ulong? last;
            lock (cursor.Track.Gate)
            {
                var (highest, end) = (cursor.Track.Sequences.Highest, cursor.Options.End);
                (_next, last) = (_next ?? cursor.From, end is not null && (cursor.HasTakenAll || end < highest) ? end : highest);
            }

            if (_next > last || _next is not { } next || last is null)
                return;
            _missed += (long)(last.Value - next) + 1;
            _next = last + 1;
        }
    }

    /// <summary>Determines whether every group that is missing before the specified number is known not to arrive.</summary>
    private bool IsSettled(ulong sequence)
    {
        lock (cursor.Track.Gate)
            return _next is { } next && cursor.IsAtEnd && cursor.Track.Sequences.IsSettled(next, sequence - 1);
    }
}
