using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Cancels a run when no frame has arrived for a time.</summary>
internal sealed class IdleLimit : IAsyncDisposable
{
    private readonly TrafficMeter _meter;
    private readonly TimeSpan? _limit;
    private readonly CancellationTokenSource _stop;
    private readonly Task _watching;

    public IdleLimit(TrafficMeter meter, TimeSpan? limit, Runtime runtime, CancellationToken cancellationToken)
    {
        (_meter, _limit) = (meter, limit);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _watching = limit is { } time ? WatchAsync(time, runtime) : Task.CompletedTask;
    }

    /// <summary>Gets the token that is canceled when the time has elapsed or the caller cancels.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Gets the exception that describes that the time has elapsed, or null if it has not.</summary>
    public TimeoutException? Expired { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WatchAsync(TimeSpan limit, Runtime runtime)
    {
        try
        {
            while (_meter.Quiet is var quiet && quiet < limit)
                await runtime.DelayAsync(limit - quiet, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Expired = new TimeoutException($"nothing has arrived for {_limit?.TotalSeconds} s (--idle-timeout)");
        _stop.Cancel();
    }
}
