using System.Net;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Two endpoints on loopback with a memory pool of their own, so that a test sees what is not given back.</summary>
internal sealed class Endpoints : IAsyncDisposable
{
    public const string Protocol = "test-1";

    private Endpoints(IrohEndpoint listener, IrohEndpoint dialer, BlockPool pool)
    {
        Listener = listener;
        Dialer = dialer;
        Pool = pool;
    }

    public IrohEndpoint Listener { get; }

    public IrohEndpoint Dialer { get; }

    public BlockPool Pool { get; }

    public static async Task<Endpoints> CreateAsync(Func<IrohEndpointOptions, IrohEndpointOptions>? change = null)
    {
        var pool = new BlockPool();
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0), Pool = pool };
        options = change?.Invoke(options) ?? options;
        var listener = await IrohEndpoint.CreateAsync(options: options);
        listener.Listen([Protocol]);
        return new Endpoints(listener, await IrohEndpoint.CreateAsync(options: options), pool);
    }

    public async Task<(ITransportConnection Dialed, ITransportConnection Accepted)> ConnectAsync(CancellationToken token)
    {
        var accepting = Listener.AcceptAsync(token).AsTask();
        var dialed = await Dialer.ConnectAsync(Listener.Address, [Protocol], token);
        return (dialed, await accepting);
    }

    public async ValueTask DisposeAsync()
    {
        await Dialer.DisposeAsync();
        await Listener.DisposeAsync();
    }
}
