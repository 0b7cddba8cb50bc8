using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Disposes connections that have ended or were refused. Until a connection is disposed, its transport keeps received data that was not
/// read, and counts it against the budget that all connections of the endpoint share. This class is thread-safe.
/// </summary>
#pragma warning disable CA1001 // A source without a timer or a link has nothing to dispose, and its token may be used late.
internal sealed class ConnectionDisposal(Runtime runtime, ILogger log)
#pragma warning restore CA1001
{
    /// <summary>
    /// The maximum time that readers may continue to read received data after the end of a connection. A publisher waits for the
    /// readers just as long.
    /// </summary>
    private static readonly TimeSpan ReadersLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _atOnce = new();
    private readonly Signal _disposed = new(runtime);
    private int _running;

    /// <summary>Closes and disposes a connection that carries no session.</summary>
    public void Refuse(ITransportConnection connection, MoqErrorCode code, string reason)
    {
        connection.Close(StreamExtensions.ToCloseCode(code, connection.Protocol), reason);
        _ = RunAsync(() => connection.DisposeAsync());
    }

    /// <summary>
    /// Disposes an ended connection as soon as it has no readers: after ten seconds at the latest, and immediately after
    /// <see cref="StopWaiting"/>.
    /// </summary>
    public void Dispose(MoqConnection carrier) => _ = RunAsync(() => carrier.DisposeAsync(ReadersLimit, _atOnce.Token));

    /// <summary>Stops waiting for readers, for all current and later connections.</summary>
    public void StopWaiting() => _atOnce.Cancel();

    /// <summary>Waits until all pending disposals have completed. Only one caller may wait at a time.</summary>
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
            // A failure to dispose one connection must not prevent the disposal of the others.
            log.DisposeFailed(failure);
        }

        if (Interlocked.Decrement(ref _running) == 0)
            _disposed.Set();
    }
}
