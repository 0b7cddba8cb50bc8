using System.Reactive.Concurrency;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Examples.Tests;

/// <summary>Peers in memory, in virtual time.</summary>
internal sealed class VirtualSwarm : ISwarm
{
    private readonly InMemoryNetwork _network = new(new TestScheduler(), seed: 7);

    public TimeProvider Clock => _network.Runtime;

    public IScheduler Scheduler => _network.Scheduler;

    public static void Run(Func<ISwarm, Task> example)
    {
        var swarm = new VirtualSwarm();
        swarm._network.Run(() => example(swarm));
    }

    public Task<Peer> AddAsync(string name, MoqOptions? options = null)
    {
        var moq = _network.AddPeer(name, options);
        return Task.FromResult(new Peer(name, moq, _network.AddressOf(moq)));
    }
}
