using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Load;

/// <summary>
/// Measures the CPU time of events that affect only one session, in a swarm of a given size: a connect call that returns an open session; a
/// broadcast that is published to one session, reaches its peer and is withdrawn; and an additional peer that connects, receives the
/// announcements and leaves.
/// </summary>
internal sealed class EventCost
{
    public static readonly string[] Kinds = ["connect", "publish_to_one", "arrive_and_end"];

    // The same number in every swarm, so that a larger swarm does not cause more cache misses for the same work.
    private const int Touched = 10;
    private const int Broadcasts = 50;

    private readonly Swarm _swarm = new();
    private readonly Moq _guest;
    private readonly Signal _ended;
    private readonly List<(MoqSession Hub, MoqSession Peer)> _touched = [];

    public EventCost(int sessions)
    {
        _ended = new Signal(_swarm.Network.Runtime);
        _swarm.Hub.SessionClosures().Subscribe(_ => _ended.Set());
        _guest = _swarm.Network.AddPeer("guest", OfferedProtocols.Options);
        _swarm.Run(async () =>
        {
            await _swarm.GrowAsync(sessions);
            for (var i = 0; i < Broadcasts; i++)
                _swarm.Publish($"room/{i}");
            await _swarm.ReachAsync($"room/{Broadcasts - 1}");
            for (var i = 0; i < Touched; i++)
                _touched.Add((await _swarm.Hub.ConnectAsync(_swarm.Network.AddressOf(_swarm.Peers[i])), _swarm.Sessions[i]));
            await _swarm.SettleAsync();
        });
    }

    /// <summary>
    /// Measures the CPU seconds per event of the specified kind. CPU time, unlike elapsed time, excludes the work of other processes.
    /// </summary>
    public double Measure(string kind) => kind switch
    {
        "connect" => Time(5_000, ConnectAsync),
        "publish_to_one" => Time(500, PublishToOneAsync),
        _ => Time(20, ArriveAndEndAsync),
    };

    private double Time(int count, Func<int, Task> body)
    {
        var seconds = 0.0;
        _swarm.Run(async () =>
        {
            GC.Collect();
            var start = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < count; i++)
                await body(i % Touched);
            seconds = (Environment.CpuUsage.TotalTime - start).TotalSeconds;
            // Lets the timers of ended sessions expire.
            await _swarm.SettleAsync();
        });
        return seconds / count;
    }

    private async Task ConnectAsync(int i)
    {
        var session = await _swarm.Hub.ConnectAsync(_swarm.Network.AddressOf(_swarm.Peers[i]));
        if (session.IsOutbound)
            throw new InvalidOperationException("A new session was dialed where one was open.");
    }

    private async Task PublishToOneAsync(int i)
    {
        var (hub, peer) = _touched[i];
        using var broadcast = new BroadcastProducer(_swarm.Network.Runtime);
        hub.Publish("alone", broadcast);
        var reached = await peer.SubscribeAsync("alone");
        broadcast.Finish();
        await reached.Closed;
    }

    private async Task ArriveAndEndAsync(int i)
    {
        var session = await _guest.ConnectAsync(_swarm.Network.AddressOf(_swarm.Hub));
        await session.SubscribeAsync($"room/{Broadcasts - 1}");
        session.Close();
        await _ended.WaitAsync();
    }
}
