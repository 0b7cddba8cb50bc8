using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Cancels a run when no frame has arrived for a time.</summary>
internal sealed class IdleLimit : IAsyncDisposable
{
    private const int Steps = 8;
    private static readonly TimeSpan MaxStep = TimeSpan.FromSeconds(1);

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
            var clock = new IdleClock(_meter);
            var idle = TimeSpan.Zero;
            while (idle < limit)
            {
                var step = limit / Steps < MaxStep ? limit / Steps : MaxStep;
                step = limit - idle < step ? limit - idle : step;
                await runtime.DelayAsync(step, _stop.Token).ConfigureAwait(false);
                idle = clock.Advance(step);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Expired = new TimeoutException($"nothing has arrived for {_limit?.TotalSeconds} s (--idle-timeout)");
        _stop.Cancel();
    }
}
