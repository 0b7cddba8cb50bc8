using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Disposes connections that are over or not wanted. Until then a transport keeps what has arrived and was not read, and counts it against
/// the budget that all connections of its endpoint share. Any thread.
/// </summary>
#pragma warning disable CA1001 // Its cancellation source holds nothing, and a connection that ends late still looks at its token.
internal sealed class ConnectionDisposal(Runtime runtime, ILogger log)
#pragma warning restore CA1001
{
    /// <summary>How long readers of what had arrived may go on after the end: as long as a publisher waits for them.</summary>
    private static readonly TimeSpan ReadersLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _atOnce = new();
    private readonly Signal _disposed = new(runtime);
    private int _running;

    /// <summary>Closes a connection on which nothing runs, and disposes it.</summary>
    public void Refuse(ITransportConnection connection, MoqErrorCode code, string reason)
    {
        connection.Close(code.Value, reason);
        _ = RunAsync(() => connection.DisposeAsync());
    }

    /// <summary>
    /// Disposes a connection that is over when nobody reads from it any more, after the limit at the latest, and at once after
    /// <see cref="StopWaiting"/>.
    /// </summary>
    public void Dispose(MoqConnection carrier) => _ = RunAsync(() => carrier.DisposeAsync(ReadersLimit, _atOnce.Token));

    /// <summary>Readers are not waited for any longer, now or later.</summary>
    public void StopWaiting() => _atOnce.Cancel();

    /// <summary>Completes when everything that was to be disposed is. One caller.</summary>
    public async ValueTask WaitAsync()
    {
        while (Volatile.Read(ref _running) > 0)
            await _disposed.WaitAsync().ConfigureAwait(false);
    }

    private async Task RunAsync(Func<ValueTask> dispose)
    {
        Interlocked.Increment(ref _running);
        try
        {
            await dispose().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // A transport that cannot let go of one connection must not keep the others from being disposed.
            log.DisposeFailed(failure);
        }

        if (Interlocked.Decrement(ref _running) == 0)
            _disposed.Set();
    }
}
