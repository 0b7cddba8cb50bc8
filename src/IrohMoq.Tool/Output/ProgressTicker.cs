using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Output;

/// <summary>Reports, once per second, the traffic that a meter has counted. The reports stop when the ticker is disposed.</summary>
internal sealed class ProgressTicker : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _ticking;

    public ProgressTicker(TrafficMeter meter, IOutput output, Runtime runtime) => _ticking = TickAsync(meter, output, runtime, _stop.Token);

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _ticking.ConfigureAwait(false);
        _stop.Dispose();
    }

    private static async Task TickAsync(TrafficMeter meter, IOutput output, Runtime runtime, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await runtime.DelayAsync(Every, stop).ConfigureAwait(false);
                output.Progress(meter.Read());
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended. The command itself writes the final figures.
        }
    }
}
