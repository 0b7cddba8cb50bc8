using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Sources;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Reads a track to its end and writes its payloads in group and frame order. Groups may arrive in any order: a group waits until
/// the one before it has come, or until that one has been missing for a while.
/// </summary>
internal sealed class TrackReader(TrackConsumer track, TrafficMeter meter, Stream? payloads, Turns turns)
{
    /// <summary>In a burst of small groups a later one may complete first: the smallest of the first moment is the start.</summary>
    private static readonly TimeSpan FirstMoment = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a missing group is waited for while newer ones are there.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly PriorityQueue<GroupConsumer, ulong> _arrived = new();
    private readonly Lock _gate = new();
    private readonly Signal _more = new(turns);
    private readonly DateTimeOffset _began = turns.GetUtcNow();
    private Exception? _fault;
    private bool _ended;
    private ulong? _next;

    /// <summary>Reads to the end of the track.</summary>
    /// <param name="subscribed">Called when the first group has come.</param>
    /// <param name="interrupted">Ends the reading.</param>
    public async Task ReadAsync(Action subscribed, CancellationToken interrupted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        var collecting = CollectAsync(stop.Token);
        try
        {
            while (await NextAsync(interrupted).ConfigureAwait(false) is { } group)
            {
                using (group)
                {
                    if (_next is null)
                        subscribed();
                    else
                        meter.Gap((long)(group.Sequence - _next.Value));
                    _next = group.Sequence + 1;
                    await ReadAsync(group, interrupted).ConfigureAwait(false);
                    meter.Skipped(track.Skipped);
                }
            }

            if (payloads is not null)
                await payloads.FlushAsync(interrupted).ConfigureAwait(false);
        }
        finally
        {
            stop.Cancel();
            await collecting.ConfigureAwait(false);
            while (_arrived.TryDequeue(out var group, out _))
                group.Dispose();
        }
    }

    private async Task CollectAsync(CancellationToken stop)
    {
        Exception? fault = null;
        try
        {
            await foreach (var group in track.ReadGroupsAsync(stop).ConfigureAwait(false))
            {
                lock (_gate)
                    _arrived.Enqueue(group, group.Sequence);
                _more.Set();
            }
        }
        catch (Exception failure) when (failure is MoqException or OperationCanceledException)
        {
            fault = failure;
        }

        lock (_gate)
        {
            _ended = true;
            _fault = fault;
        }

        _more.Set();
    }

    /// <summary>The next group in order, or null at the end. What comes after its turn is dropped: its gap has been counted.</summary>
    private async ValueTask<GroupConsumer?> NextAsync(CancellationToken interrupted)
    {
        if (_next is null && await WaitForAnyAsync(interrupted).ConfigureAwait(false))
            await turns.DelayAsync(FirstMoment, interrupted).ConfigureAwait(false);

        long? waitingSince = null;
        while (true)
        {
            lock (_gate)
            {
                while (_arrived.TryPeek(out var first, out var sequence))
                {
                    if (sequence < _next)
                        _arrived.Dequeue().Dispose();
                    else if (_next is null || sequence == _next || _ended || IsImpatient(waitingSince))
                        return _arrived.Dequeue();
                    else
                        break;
                }

                if (_arrived.Count == 0 && _ended)
                    return _fault is null ? null : throw _fault;
            }

            await WaitForMoreAsync(HasArrived ? waitingSince ??= turns.GetTimestamp() : null, interrupted).ConfigureAwait(false);
        }
    }

    private bool IsImpatient(long? waitingSince) => waitingSince is { } since && turns.GetElapsedTime(since) >= Patience;

    /// <summary>Waits for more; where a group waits for one before it, only until patience ends.</summary>
    private async ValueTask WaitForMoreAsync(long? waitingSince, CancellationToken interrupted)
    {
        using var limit = turns.Limit(waitingSince is { } since ? Patience - turns.GetElapsedTime(since) : Timeout.InfiniteTimeSpan, interrupted);
        try
        {
            await _more.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            // The missing group counts as a gap now.
        }
    }

    private bool HasArrived
    {
        get
        {
            lock (_gate)
                return _arrived.Count > 0;
        }
    }

    private async ValueTask<bool> WaitForAnyAsync(CancellationToken interrupted)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_arrived.Count > 0)
                    return true;
                if (_ended)
                    return false;
            }

            await _more.WaitAsync(interrupted).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(GroupConsumer group, CancellationToken interrupted)
    {
        meter.Group();
        try
        {
            await foreach (var frame in group.ReadFramesAsync(interrupted).ConfigureAwait(false))
            {
                meter.Frame(frame.Length);
                // Frames from before the subscription are the group's past, not this path's latency.
                if (ClockSource.TryRead(frame.Payload, out var sent) && sent >= _began)
                    meter.Latency(turns.GetUtcNow() - sent);
                payloads?.Write(frame.Payload);
            }
        }
        catch (MoqStreamException)
        {
            // A group that its publisher gave up is a gap; the track goes on.
            meter.Gap(1);
        }
    }
}
