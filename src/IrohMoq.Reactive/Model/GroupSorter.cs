using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Puts the groups of one reader into the order of their numbers. A group waits for those before it until it has been here for as long as
/// the reader is patient: a group is held up once, however many are missing before it. A group that comes after its turn is given back; it
/// has been counted as missed.
/// </summary>
internal sealed class GroupSorter(TrackCursor cursor) : IDisposable
{
    /// <summary>Where the publisher does not say which group it begins with: in a burst a later group may come first.</summary>
    private static readonly TimeSpan FirstMoment = TimeSpan.FromMilliseconds(100);

    // Against who disposes while a read is under way.
    private readonly Lock _gate = new();
    private readonly PriorityQueue<GroupConsumer, ulong> _arrived = new();
    private ulong? _next;
    private ulong _begin;
    private long _missed;

    /// <summary>
    /// How many groups were missed while the order was asked for: those before the groups that it gave, and at the end of the track those
    /// behind the last one.
    /// </summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>The reader has had groups below this number: it asks for order from here on.</summary>
    public void BeginAt(ulong sequence)
    {
        lock (_gate)
        {
            if (_next >= sequence)
                return;
            _next = _begin = sequence;
        }
    }

    /// <summary>The next group in order, with how many were missed before it.</summary>
    /// <returns>Null at the end of the track, and where the reader has left it.</returns>
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
            await WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the first that waits, whatever is missing before it.</summary>
    public bool TryTake([MaybeNullWhen(false)] out GroupConsumer group) => TryTakeDue(isPatienceOver: true, out group);

    /// <summary>Gives back what has not been taken.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            while (_arrived.TryDequeue(out var group, out _))
                group.Dispose();
        }
    }

    /// <summary>Takes in what has come.</summary>
    /// <returns>How long the first that waits still waits for those before it; infinite if none waits.</returns>
    private TimeSpan Collect()
    {
        lock (_gate)
            return CollectUnderLock();
    }

    private TimeSpan CollectUnderLock()
    {
        while (cursor.TryNext(out var group))
            _arrived.Enqueue(group, group.Sequence);
        // What was dropped while it waited, or comes after its turn, was missed.
        while (_arrived.TryPeek(out var first, out var sequence) && (sequence < _next || first.IsDropped))
        {
            // One that the reader had not had when it began to ask for order was not counted since.
            if (sequence < _begin)
                _missed++;
            _arrived.Dequeue().Dispose();
        }

        if (!_arrived.TryPeek(out var head, out _))
            return Timeout.InfiniteTimeSpan;
        TimeSpan patience;
        var track = cursor.Track;
        lock (track.Gate)
        {
            // The publisher's word, or the number asked for, is where the first gap begins. What comes before its answer waits for that.
            _next ??= track.Received is { IsAnswered: true } ? cursor.From : null;
            patience = cursor.Options.MaxLatency ?? track.Cache.Patience;
            if (_next is null && track.Received is null)
                patience = TimeSpan.Zero;
            else if (_next is null && track.Received is { IsAnswered: true } && patience > FirstMoment)
                patience = FirstMoment;
        }

        var left = patience - track.Runtime.GetElapsedTime(head.CreatedAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

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
        group.Skipped = _next is { } next ? (long)(sequence - next) : 0;
        _missed += group.Skipped;
        _next = sequence + 1;
        return true;
    }

    /// <summary>The track is over, and everything that came was given: what is above that was lost.</summary>
    private void CountMissedBehindTheLast()
    {
        lock (_gate)
        {
            ulong? highest;
            lock (cursor.Track.Gate)
                (_next, highest) = (_next ?? cursor.From, cursor.Track.Sequences.Highest);
            if (_next is not { } next || highest is not { } last || next > last)
                return;
            _missed += (long)(last - next) + 1;
            _next = last + 1;
        }
    }

    /// <summary>True if the publisher has said of all that is missing before this number that it will not come.</summary>
    private bool IsSettled(ulong sequence)
    {
        lock (cursor.Track.Gate)
            return _next is { } next && cursor.IsAtEnd && cursor.Track.Sequences.IsSettled(next, sequence - 1);
    }

    private async ValueTask WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var limit = cursor.Track.Runtime.Limit(time, cancellationToken);
        try
        {
            await cursor.ChangedAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            // The first that waits goes on without those before it.
        }
    }
}
