using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>
/// Reports the progress of work that takes longer than a moment, first after half a second and then each second. The reports stop when
/// this object is disposed.
/// </summary>
internal sealed class ProgressReports : IAsyncDisposable
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reporting;

    /// <summary>Initializes a new instance of the <see cref="ProgressReports"/> class, which reports until it is disposed.</summary>
    /// <param name="output">The output.</param>
    /// <param name="runtime">The clock.</param>
    /// <param name="describe">The function that returns the event to report.</param>
    public ProgressReports(IOutput output, Runtime runtime, Func<OutputEvent> describe) =>
        _reporting = ReportAsync(output, runtime, describe, _stop.Token);

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _reporting.ConfigureAwait(false);
        _stop.Dispose();
    }

    private static async Task ReportAsync(IOutput output, Runtime runtime, Func<OutputEvent> describe, CancellationToken stop)
    {
        try
        {
            for (var pause = First; ; pause = Interval)
            {
                await runtime.DelayAsync(pause, stop).ConfigureAwait(false);
                output.ReportProgress(describe());
            }
        }
        catch (OperationCanceledException)
        {
            // The work has ended.
        }
    }
}
