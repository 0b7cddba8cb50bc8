using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Output;

/// <summary>Reports what a command waits for if the wait takes longer than a few seconds, once for each step of the wait.</summary>
internal sealed class WaitNote : IAsyncDisposable
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    /// <summary>Initializes a new instance of the <see cref="WaitNote"/> class, which watches until it is disposed.</summary>
    /// <param name="output">The output.</param>
    /// <param name="runtime">The runtime.</param>
    /// <param name="step">The function that returns the current step, such as "dialing X".</param>
    /// <param name="describe">The function that returns more about the current step, or null if there is nothing.</param>
    public WaitNote(
        IOutput output, Runtime runtime, Func<string> step, Func<CancellationToken, ValueTask<string?>>? describe = null) =>
        _watching = WatchAsync(output, runtime, step, describe, _stop.Token);

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
    }

    private static async Task WatchAsync(
        IOutput output, Runtime runtime, Func<string> step, Func<CancellationToken, ValueTask<string?>>? describe, CancellationToken stop)
    {
        try
        {
            for (string? reported = null; ;)
            {
                await runtime.DelayAsync(After, stop).ConfigureAwait(false);
                var current = step();
                if (current == reported)
                    continue;
                var more = describe is null ? null : await describe(stop).ConfigureAwait(false);
                stop.ThrowIfCancellationRequested();
                output.Note($"still {current}{(more is null ? "" : $"; {more}")}");
                reported = current;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The wait has ended.
        }
    }
}
