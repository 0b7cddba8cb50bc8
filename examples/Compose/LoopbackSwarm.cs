using System.Net;
using System.Reactive.Concurrency;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>Represents a swarm of peers that run on this machine over real QUIC.</summary>
public sealed class LoopbackSwarm : ISwarm, IAsyncDisposable
{
    private readonly List<(IrohEndpoint Endpoint, Moq Moq)> _peers = [];

    public TimeProvider Clock => TimeProvider.System;

    public IScheduler Scheduler => TaskPoolScheduler.Default;

    public async Task<Peer> AddAsync(string name, MoqOptions? options = null)
    {
        var loopback = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        var endpoint = await IrohEndpoint.CreateAsync(options: loopback);
        var moq = Moq.Serve(endpoint, options);
        _peers.Add((endpoint, moq));
        return new Peer(name, moq, endpoint.Address);
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
