using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports the progress of one transfer at regular intervals. The reports stop when the ticker is disposed.</summary>
internal sealed class FileProgressTicker : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _ticking;

    public FileProgressTicker(EndpointId peer, TransferProgress progress, IOutput output, Runtime runtime, TimeSpan interval) =>
        _ticking = TickAsync(peer, progress, output, runtime, interval, _stop.Token);

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _ticking.ConfigureAwait(false);
        _stop.Dispose();
    }

    private static async Task TickAsync(
        EndpointId peer, TransferProgress progress, IOutput output, Runtime runtime, TimeSpan interval, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await runtime.DelayAsync(interval, stop).ConfigureAwait(false);
                output.ReportProgress(new FileProgress(peer, progress.Done, progress.Total, progress.Rate));
            }
        }
        catch (OperationCanceledException)
        {
            // The transfer has ended.
        }
    }
}
