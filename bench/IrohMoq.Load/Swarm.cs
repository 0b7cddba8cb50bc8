using System.Reactive.Concurrency;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Load;

/// <summary>
/// One <see cref="Moq"/> and the peers that have dialed it, in memory and in virtual time: everything runs on the calling thread, so the
/// time on the wall is the work that all of them do, and no latency is in it.
/// </summary>
internal sealed class Swarm
{
    // As many at once as wait at an endpoint without being refused.
    private const int Together = 500;

    private readonly List<MoqSession> _sessions = [];

    public Swarm()
    {
        Network = new InMemoryNetwork(new HistoricalScheduler()) { TracesArrivals = false };
        Hub = Network.AddPeer("hub");
    }

    public InMemoryNetwork Network { get; }

    public Moq Hub { get; }

    /// <summary>The peers' sides of the sessions, in the order of their names.</summary>
    public IReadOnlyList<MoqSession> Sessions => _sessions;

    public List<Moq> Peers { get; } = [];

    public void Run(Func<Task> body) => Network.Run(body);

    /// <summary>Adds peers and waits until each has its session.</summary>
    public async Task GrowAsync(int count)
    {
        for (var grown = 0; grown < count; grown += Together)
        {
            var first = Peers.Count;
            for (var i = 0; i < Math.Min(Together, count - grown); i++)
                Peers.Add(Network.AddPeer($"p{Peers.Count}"));
            _sessions.AddRange(await Task.WhenAll(Peers.Skip(first).Select(peer => peer.ConnectAsync(Network.AddressOf(Hub)))));
        }
    }

    public BroadcastProducer Publish(string name)
    {
        var broadcast = new BroadcastProducer(Network.Runtime);
        Hub.Publish(name, broadcast);
        return broadcast;
    }

    /// <summary>Waits until every peer has the broadcast.</summary>
    public Task ReachAsync(string name) => Task.WhenAll(_sessions.Select(session => session.SubscribeAsync(name)));

    /// <summary>Until what is under way has arrived and the timers of what is done are gone; a virtual minute.</summary>
    public Task SettleAsync() => Network.Runtime.DelayAsync(TimeSpan.FromMinutes(1)).AsTask();

}
