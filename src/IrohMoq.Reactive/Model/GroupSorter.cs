using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Puts the groups of one reader into the order of their numbers. A group waits for those before it until it has been here for as long as the reader is patient: a group is held up once, however many are missing before it.
/// A group that comes after its turn is given back; it has been counted as missed.
/// </summary>
internal sealed class GroupSorter(TrackCursor cursor) : IDisposable
{
    /// <summary>Where the publisher does not say which group it begins with: in a burst a later group may come first.</summary>
    private static readonly TimeSpan FirstMoment = TimeSpan.FromMilliseconds(100);

    private readonly PriorityQueue<GroupConsumer, ulong> _arrived = new();
    private ulong? _next;

    /// <summary>The next group in order, with how many were missed before it.</summary>
    /// <returns>Null at the end of the track.</returns>
    public async ValueTask<GroupConsumer?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var patience = Collect();
            var isOver = cursor.IsOver(out var failure);
            if (TryTakeDue(isOver || patience == TimeSpan.Zero, out var group))
                return group;
            if (isOver)
                return failure is null ? null : throw failure;
            await WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Groups below this number are not wanted any more: the reader has had them, or missed them.</summary>
    public void BeginAt(ulong sequence) => _next = sequence;

    /// <summary>Takes the first that waits, whatever is missing before it.</summary>
    public bool TryTake([MaybeNullWhen(false)] out GroupConsumer group) => TryTakeDue(isPatienceOver: true, out group);

    /// <summary>Gives back what has not been taken.</summary>
    public void Dispose()
    {
        while (_arrived.TryDequeue(out var group, out _))
            group.Dispose();
    }

    /// <summary>Takes in what has come.</summary>
    /// <returns>How long the first that waits still waits for those before it; infinite if none waits.</returns>
    private TimeSpan Collect()
    {
        while (cursor.TryNext(out var group))
            _arrived.Enqueue(group, group.Sequence);
        // What was dropped while it waited, or comes after its turn, was missed.
        while (_arrived.TryPeek(out var first, out var sequence) && (sequence < _next || first.IsDropped))
            _arrived.Dequeue().Dispose();
        if (!_arrived.TryPeek(out var head, out _))
            return Timeout.InfiniteTimeSpan;
        TimeSpan patience;
        var track = cursor.Track;
        lock (track.Gate)
        {
            // The publisher's word, or the number asked for, is where the first gap begins. What comes before its answer waits for that.
            _next ??= track.IsAnswered ? cursor.From : null;
            patience = cursor.Options.MaxLatency ?? track.Patience;
            if (_next is null && track.Flow is null)
                patience = TimeSpan.Zero;
            else if (_next is null && track.IsAnswered && patience > FirstMoment)
                patience = FirstMoment;
        }

        var left = patience - track.Turns.GetElapsedTime(head.CreatedAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private bool TryTakeDue(bool isPatienceOver, [MaybeNullWhen(false)] out GroupConsumer group)
    {
        if (!_arrived.TryPeek(out group, out var sequence) || (sequence != _next && !isPatienceOver && !IsSettled(sequence)))
            return false;
        _arrived.Dequeue();
        group.Skipped = _next is { } next ? (long)(sequence - next) : 0;
        _next = sequence + 1;
        return true;
    }

    /// <summary>True if the publisher has said of all that is missing before this number that it will not come.</summary>
    private bool IsSettled(ulong sequence)
    {
        lock (cursor.Track.Gate)
            return _next is { } next && cursor.IsAtEnd && cursor.Track.IsSettled(next, sequence - 1);
    }

    private async ValueTask WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var limit = cursor.Track.Turns.Limit(time, cancellationToken);
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
