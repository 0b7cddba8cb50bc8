using System.Reactive.Concurrency;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Load;

/// <summary>
/// Represents a hub <see cref="Moq"/> and the peers that have dialed it, in memory and in virtual time. All work runs on the calling
/// thread, so that the elapsed real time is the work of all peers, without latency.
/// </summary>
internal sealed class Swarm
{
    // The number of peers that connect at once, less than an endpoint queues without refusing connections.
    private const int Together = 500;

    private readonly List<MoqSession> _sessions = [];

    public Swarm()
    {
        Network = new InMemoryNetwork(new HistoricalScheduler()) { TracesArrivals = false };
        Hub = Network.AddPeer("hub", OfferedProtocols.Options);
    }

    public InMemoryNetwork Network { get; }

    public Moq Hub { get; }

    /// <summary>Gets the sessions of the peers with the hub, in the order in which the peers were added.</summary>
    public IReadOnlyList<MoqSession> Sessions => _sessions;

    public List<Moq> Peers { get; } = [];

    public void Run(Func<Task> body) => Network.Run(body);

    /// <summary>Adds peers, and waits until each has a session with the hub.</summary>
    public async Task GrowAsync(int count)
    {
        for (var grown = 0; grown < count; grown += Together)
        {
            var first = Peers.Count;
            for (var i = 0; i < Math.Min(Together, count - grown); i++)
                Peers.Add(Network.AddPeer($"p{Peers.Count}", OfferedProtocols.Options));
            _sessions.AddRange(await Task.WhenAll(Peers.Skip(first).Select(peer => peer.ConnectAsync(Network.AddressOf(Hub)))));
        }
    }

    public BroadcastProducer Publish(string name)
    {
        var broadcast = new BroadcastProducer(Network.Runtime);
        Hub.Publish(name, broadcast);
        return broadcast;
    }

    /// <summary>Waits until every peer has received the announcement of the broadcast.</summary>
    public Task ReachAsync(string name) => Task.WhenAll(_sessions.Select(session => session.SubscribeAsync(name)));

    /// <summary>
    /// Waits for one minute of virtual time, until messages in flight have arrived and timers of completed operations have expired.
    /// </summary>
    public Task SettleAsync() => Network.Runtime.DelayAsync(TimeSpan.FromMinutes(1)).AsTask();

}
