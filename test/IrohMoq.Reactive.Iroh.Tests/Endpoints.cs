using System.Net;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Two endpoints on loopback with a memory pool of their own, so that a test sees what is not given back.</summary>
internal sealed class Endpoints : IAsyncDisposable
{
    public const string Protocol = "test-1";

    private Endpoints(IrohEndpoint listener, IrohEndpoint dialler, BlockPool pool)
    {
        Listener = listener;
        Dialler = dialler;
        Pool = pool;
    }

    public IrohEndpoint Listener { get; }

    public IrohEndpoint Dialler { get; }

    public BlockPool Pool { get; }

    public static async Task<Endpoints> CreateAsync(Func<IrohEndpointOptions, IrohEndpointOptions>? change = null)
    {
        var pool = new BlockPool();
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0), Pool = pool };
        options = change?.Invoke(options) ?? options;
        var listener = await IrohEndpoint.BindAsync(options: options);
        listener.Listen([Protocol]);
        return new Endpoints(listener, await IrohEndpoint.BindAsync(options: options), pool);
    }

    public async Task<(ITransportConnection Dialled, ITransportConnection Accepted)> ConnectAsync(CancellationToken token)
    {
        var accepting = Listener.AcceptAsync(token).AsTask();
        var dialled = await Dialler.ConnectAsync(Listener.Address, [Protocol], token);
        return (dialled, await accepting);
    }

    public async ValueTask DisposeAsync()
    {
        await Dialler.DisposeAsync();
        await Listener.DisposeAsync();
    }
}
