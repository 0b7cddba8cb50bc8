using System.Net;
using System.Reactive.Concurrency;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Examples;

/// <summary>Peers over real QUIC, all on this machine.</summary>
public sealed class LoopbackSwarm : ISwarm, IAsyncDisposable
{
    private readonly List<(IrohEndpoint Endpoint, Moq Moq)> _peers = [];

    public Runtime Runtime => ThreadPoolRuntime.Instance;

    public IScheduler Scheduler => TaskPoolScheduler.Default;

    public async Task<Peer> AddAsync(string name, MoqOptions? options = null)
    {
        var endpoint = await IrohEndpoint.CreateAsync(options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });
        var moq = Moq.Serve(endpoint, options);
        _peers.Add((endpoint, moq));
        return new Peer(name, moq, endpoint.Address, Runtime);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (endpoint, moq) in _peers)
        {
            await moq.DisposeAsync();
            await endpoint.DisposeAsync();
        }
    }
}
