using System.Collections.Concurrent;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Iroh;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>
/// Represents one load of the soak test, with an application protocol of its own: what the dialing side does again and again, and how the
/// listening side serves its connections.
/// </summary>
internal abstract class SoakLoad(SoakMeter meter, string name) : IProtocolHandler
{
    private readonly ConcurrentDictionary<QuicConnection, bool> _open = new();

    /// <summary>Gets the name of the load.</summary>
    public string Name => name;

    /// <inheritdoc/>
    public IReadOnlyList<string> Protocols { get; } = [$"soak-{name}"];

    /// <summary>Gets the number of open streams on both sides.</summary>
    public int StreamCount => _open.Keys.Sum(static connection => connection.Core.Streams.Count);

    protected SoakMeter Meter => meter;

    /// <summary>Runs the dialing side until the token is canceled. An unexpected exception is recorded as a failure.</summary>
    public async Task RunAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop)
    {
        try
        {
            await DialAsync(dialer, listener, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end of the test.
        }
        catch (Exception fault)
        {
            meter.Fail($"{name}: {fault.GetType().Name}: {fault.Message}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask AcceptAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        using var tracking = Track(connection);
        try
        {
            await using (connection)
                await ServeAsync(connection, cancellationToken);
        }
        catch (Exception end) when (end is TransportClosedException or TransportStreamException or OperationCanceledException)
        {
            // The dialing side has ended the stream or the connection, or the test has ended.
        }
        catch (Exception fault)
        {
            meter.Fail($"{name}, listening side: {fault.GetType().Name}: {fault.Message}");
        }
    }

    /// <summary>Dials with the protocol of the load.</summary>
    protected async Task<ITransportConnection> ConnectAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop) =>
        await dialer.ConnectAsync(listener, Protocols, stop);

    /// <summary>Counts the streams of a connection until the result is disposed.</summary>
    protected IDisposable Track(ITransportConnection connection)
    {
        var tracked = (QuicConnection)connection;
        _open[tracked] = true;
        return System.Reactive.Disposables.Disposable.Create(() => _open.TryRemove(tracked, out _));
    }

    protected abstract Task DialAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop);

    /// <summary>Serves one connection, which is disposed afterwards.</summary>
    protected abstract Task ServeAsync(ITransportConnection connection, CancellationToken stop);
}
