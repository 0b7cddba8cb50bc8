using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Iroh;

/// <summary>Holds the incoming connections of an endpoint until the application accepts them.</summary>
/// <param name="runtime">The runtime on whose scheduler those who wait for a connection continue.</param>
/// <param name="capacity">The maximum number of connections.</param>
/// <param name="log">The log.</param>
internal sealed class Acceptor(Runtime runtime, int capacity, ILogger log) : IConnectionAcceptor
{
    private readonly Arrivals<QuicConnection> _arrivals = new(runtime, capacity);

    /// <inheritdoc/>
    public bool IsFull => _arrivals.IsFull;

    /// <inheritdoc/>
    public DrivenConnection Create(IoLoop loop) => new QuicConnection(loop, runtime);

    /// <inheritdoc/>
    public void Accept(DrivenConnection connection)
    {
        var accepted = (QuicConnection)connection;
        if (_arrivals.TryAdd(accepted))
            return;
        accepted.Close(MoqErrorCode.Transport.Value, "too many connections wait to be accepted");
        // No caller has the connection, so it is disposed here, together with what the peer has sent meanwhile.
        runtime.Post(() => _ = DisposeAsync(accepted));
    }

    /// <inheritdoc/>
    public void End() => _arrivals.End(() => new ObjectDisposedException(nameof(IrohEndpoint)));

    /// <summary>Waits for the next connection.</summary>
    public ValueTask<QuicConnection> TakeAsync(CancellationToken cancellationToken) => _arrivals.TakeAsync(cancellationToken);

    /// <summary>Disposes the connections that were not accepted, after the endpoint has ended.</summary>
    public async ValueTask DisposeAllAsync()
    {
        while (_arrivals.TryTake(out var connection))
            await connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Disposes a connection that no caller has. The returned task never fails.</summary>
    private async Task DisposeAsync(QuicConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            log.DisposeFault(fault);
        }
    }
}
