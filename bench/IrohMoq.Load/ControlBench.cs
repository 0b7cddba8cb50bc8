using System.Diagnostics;
using System.Text.Json;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Load;

/// <summary>
/// Measures the control plane without a real network: 1,000 peers connect to one <see cref="Moq"/>, which publishes 1,000 broadcasts to
/// them. The results support the design decisions on the fan-out of announcements and on the memory per session. The benchmark runs in
/// virtual time on one thread, so the measured time is the work of the manager, of all its peers and of the in-memory network, without
/// latency. An event is one announcement that has reached a listener at its peer.
/// </summary>
internal static class ControlBench
{
    private const int Sessions = 1_000;
    private const int Broadcasts = 1_000;
    private const int Publishes = 31;
    private const int CostRounds = 9;

    public static async Task<int> RunAsync()
    {
        Console.WriteLine(
            "clock: virtual (HistoricalScheduler), one thread: seconds are work of the manager, its peers and the network between them");
        var heap = IdleHeap.Measure(Sessions);
        Console.WriteLine(
            $"idle session, bytes: manager {heap.Hub:0}, peer's own manager {heap.Peer:0}, connection in memory {heap.Transport:0}");
        var costs = Costs();
        var stranger = Stranger();
        var fan = FanOut();
        var lag = await LagBench.MeasureAsync();
        Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["bench"] = "control",
            ["clock"] = "virtual, one thread; lag: real, thread pool",
            ["sessions"] = Sessions,
            ["broadcasts"] = Broadcasts,
            ["announcements"] = Sessions * Broadcasts,
            ["events_per_second"] = Math.Round(fan.EventsPerSecond),
            ["events_per_cpu_second"] = Math.Round(fan.EventsPerCpuSecond),
            ["sessions_per_second"] = Math.Round(fan.SessionsPerSecond),
            ["publish_to_1000_ms"] = Math.Round(fan.PublishMilliseconds, 2),
            ["bytes_per_idle_session"] = Math.Round(heap.Hub),
            ["bytes_per_idle_session_peer"] = Math.Round(heap.Peer),
            ["bytes_per_idle_session_transport"] = Math.Round(heap.Transport),
            ["bytes_per_announcement"] = Math.Round(fan.BytesPerAnnouncement),
            ["event_cost_1000_over_100"] = Math.Round(costs.Values.Max(), 3),
            ["event_cost_1000_over_100_by_kind"] = costs.ToDictionary(kind => kind.Key, kind => Math.Round(kind.Value, 3)),
            ["stranger_beside_2000_reconnecting_over_none"] = Math.Round(stranger, 3),
        }.Concat(lag.ToJson()).ToDictionary()));
        return 0;
    }

    /// <summary>
    /// Measures the cost of each kind of event in a large swarm divided by the cost in a small one. Each ratio is taken from consecutive
    /// rounds, so that a temporary slowdown of the machine affects both values.
    /// </summary>
    private static Dictionary<string, double> Costs()
    {
        var few = new EventCost(Sessions / 10);
        var many = new EventCost(Sessions);
        return EventCost.Kinds.ToDictionary(kind => kind, kind =>
        {
            few.Measure(kind);
            many.Measure(kind);
            var rounds = Enumerable.Range(0, CostRounds).Select(round =>
            {
                var first = round % 2 == 0 ? few.Measure(kind) : 0;
                var large = many.Measure(kind);
                return (Few: round % 2 == 0 ? first : few.Measure(kind), Many: large);
            }).ToArray();
            var ratio = Median.Of(rounds.Select(round => round.Many / round.Few));
            Console.WriteLine(
                $"{kind,-16}{1e6 * Median.Of(rounds.Select(round => round.Few)),10:0.0} us of CPU with {Sessions / 10} "
                + $"sessions{1e6 * Median.Of(rounds.Select(round => round.Many)),10:0.0} us with {Sessions}, ratio {ratio:0.00}");
            return ratio;
        });
    }

    /// <summary>
    /// Measures the cost of a visit by an unknown peer while the hub has reconnecting subscriptions to many peers, divided by the cost
    /// without such subscriptions.
    /// </summary>
    private static double Stranger()
    {
        var none = new StrangerCost(0);
        var many = new StrangerCost(StrangerCost.Reconnecting);
        none.Measure();
        many.Measure();
        var rounds = Enumerable.Range(0, CostRounds).Select(_ => (None: none.Measure(), Many: many.Measure())).ToArray();
        var ratio = Median.Of(rounds.Select(static round => round.Many / round.None));
        Console.WriteLine(
            $"stranger's visit{1e6 * Median.Of(rounds.Select(static round => round.None)),10:0.0} us of CPU beside none"
            + $"{1e6 * Median.Of(rounds.Select(static round => round.Many)),10:0.0} us "
            + $"beside {StrangerCost.Reconnecting} that are reconnected to, "
            + $"ratio {ratio:0.00}");
        return ratio;
    }

    private static FanOutFigures FanOut()
    {
        var swarm = new Swarm();
        FanOutFigures? figures = null;
        swarm.Run(async () =>
        {
            var start = Stopwatch.GetTimestamp();
            await swarm.GrowAsync(Sessions);
            var connecting = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine($"{Sessions} peers connected in {connecting:0.00} s");

            var before = IdleHeap.Collected();
            using var over = new CancellationTokenSource();
            var listening = swarm.Sessions.Select(session => ListenAsync(session, over.Token)).ToArray();
            var cpu = Environment.CpuUsage.TotalTime;
            start = Stopwatch.GetTimestamp();
            for (var i = 0; i < Broadcasts; i++)
            {
                // Published one at a time, because in a burst one wake-up of a peer would cover many announcements.
                swarm.Publish($"room/{i}");
                await swarm.Network.Runtime.DelayAsync(TimeSpan.FromMilliseconds(1));
            }

            await Task.WhenAll(listening);
            var announcing = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var working = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
            Console.WriteLine($"{Broadcasts} broadcasts announced to {Sessions} peers in {announcing:0.00} s, {working:0.00} s of CPU");
            await swarm.SettleAsync();
            var bytes = (double)(IdleHeap.Collected() - before) / (Sessions * Broadcasts);

            var publishes = new List<double>();
            for (var i = 0; i < Publishes; i++)
            {
                var waiting = swarm.ReachAsync($"once/{i}");
                start = Stopwatch.GetTimestamp();
                var broadcast = swarm.Publish($"once/{i}");
                await waiting;
                publishes.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                broadcast.Finish();
                await swarm.SettleAsync();
            }

            figures = new FanOutFigures(
                Sessions * Broadcasts / announcing, Sessions * Broadcasts / working, Sessions / connecting, Median.Of(publishes), bytes);
            Console.WriteLine(
                $"one publish reached {Sessions} sessions in {figures.PublishMilliseconds:0.00} ms (median of {Publishes}); an "
                + $"announcement holds {bytes:0} bytes, both sides");
        });
        return figures!;
    }

    private static async Task ListenAsync(MoqSession session, CancellationToken cancellationToken)
    {
        var received = 0;
        await foreach (var announcement in session.ReadAnnouncementsAsync(cancellationToken: cancellationToken))
        {
            if (announcement.IsActive && ++received == Broadcasts)
                return;
        }
    }

    private sealed record FanOutFigures(
        double EventsPerSecond, double EventsPerCpuSecond, double SessionsPerSecond, double PublishMilliseconds,
        double BytesPerAnnouncement);
}
