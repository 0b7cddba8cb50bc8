using System.Collections.Concurrent;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>The announcements of all peers on real threads, while peers connect, publish, withdraw and leave.</summary>
public sealed class AnnouncementStressTests
{
    private const int Publishers = 3;
    private const int Sessions = 15;
    private const int Changes = 60;

    [Test]
    [CancelAfter(60_000)]
    public async Task EveryAnnouncement_EndsOnce_AlsoWhenItsSessionEnds(CancellationToken token)
    {
        var network = new InMemoryNetwork(RuntimeSchedulers.Default) { Latency = TimeSpan.Zero, TracesArrivals = false };
        var endpoint = network.AddEndpoint("hub");
        var hub = Moq.Serve(endpoint, Options());
        var readers = Enumerable.Range(0, 2).Select(_ => new Reader(hub, token)).ToArray();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var joining = Task.Run(() => JoinAndLeaveAsync(hub, stop.Token), token);
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(
            number => Task.Run(() => PublishAsync(network, endpoint.Address, number, readers, token), token)));

        foreach (var reader in readers)
            Assert.That(SpinWait.SpinUntil(() => reader.Live == 0, TimeSpan.FromSeconds(30)), Is.True, $"{reader.Live} are live");
        await stop.CancelAsync();
        Assert.That(await joining, Is.Positive);
        await hub.DisposeAsync();
        foreach (var reader in readers)
            Assert.That(await reader.Ended.WaitAsync(token), Is.Zero, "the live broadcasts at the end");
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task SessionThatOpensWhileBroadcastsComeAndGo_StaysOpen(CancellationToken token)
    {
        var network = new InMemoryNetwork(RuntimeSchedulers.Default) { Latency = TimeSpan.Zero, TracesArrivals = false };
        var endpoint = network.AddEndpoint("publisher");
        endpoint.Listen(MoqOptions.SupportedProtocols);
        var origin = new OriginProducer();
        using var lasting = new BroadcastProducer();
        origin.Publish("that lasts", lasting.Consume());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var changing = Task.Run(
            () =>
            {
                var brief = new IDisposable[4];
                for (var i = 0; !stop.IsCancellationRequested; i = (i + 1) % brief.Length)
                {
                    brief[i]?.Dispose();
                    brief[i] = origin.Publish($"that changes {i}", lasting.Consume());
                }
            },
            token);
        for (var i = 0; i < 100; i++)
        {
            var protocols = MoqOptions.SupportedProtocols;
            var dial = network.AddEndpoint($"reader {i}").ConnectAsync(endpoint.Address, protocols, token);
            await using var publisher = MoqSession.Accept(await endpoint.AcceptAsync(token), Options(), origin);
            await using var reader = MoqSession.Connect(await dial, Options());
            using var read = await reader.SubscribeAsync("that lasts", token);
            Assert.That(reader.Closed.IsCompleted, Is.False, $"session {i}");
        }

        await stop.CancelAsync();
        await changing;
    }

    private static MoqOptions Options() => new() { Scheduler = RuntimeSchedulers.Default };

    /// <summary>Publishes and withdraws in one session after another, each of which ends with an announced broadcast.</summary>
    private static async Task PublishAsync(
        InMemoryNetwork network, EndpointAddr hub, int number, Reader[] readers, CancellationToken token)
    {
        var random = new Random(number);
        await using var moq = new Moq(network.AddEndpoint($"publisher {number}"), Options());
        for (var i = 0; i < Sessions; i++)
        {
            var session = await moq.ConnectAsync(hub, token);
            var live = new Dictionary<int, IDisposable>();
            for (var change = 0; change < Changes; change++)
            {
                var name = random.Next(5);
                if (live.Remove(name, out var before))
                    before.Dispose();
                else
                    live.Add(name, session.Publish($"{number}/{name}", moq.CreateBroadcast()));
                if (random.Next(4) == 0)
                    await Task.Yield();
            }

            BroadcastPath last = $"{number}/last of {i}";
            session.Publish(last, moq.CreateBroadcast());
            foreach (var reader in readers)
                await reader.SeenAsync(last, token);
            session.Close();
            await session.Closed.WaitAsync(token);
        }
    }

    /// <summary>Begins readings and cancels each after some announcements, until the token is canceled.</summary>
    private static async Task<int> JoinAndLeaveAsync(Moq hub, CancellationToken token)
    {
        for (var readings = 0; ; readings++)
        {
            using var leave = CancellationTokenSource.CreateLinkedTokenSource(token);
            var left = 10;
            try
            {
                await foreach (var announcement in hub.ReadAnnouncementsAsync(cancellationToken: leave.Token))
                {
                    if (--left == 0)
                        await leave.CancelAsync();
                }
            }
            catch (OperationCanceledException)
            {
                if (token.IsCancellationRequested)
                    return readings;
            }
        }
    }

    /// <summary>Reads all announcements, and fails if one begins twice or ends without having begun.</summary>
    private sealed class Reader
    {
        private readonly ConcurrentDictionary<BroadcastPath, TaskCompletionSource> _seen = [];
        private volatile int _live;

        public Reader(Moq hub, CancellationToken token) => Ended = Task.Run(() => ReadAsync(hub, token), token);

        /// <summary>Gets a task that completes with the number of live broadcasts when the reading has ended.</summary>
        public Task<int> Ended { get; }

        /// <summary>Waits until a broadcast has been announced.</summary>
        public Task SeenAsync(BroadcastPath path, CancellationToken token) =>
            Task.WhenAny(Ended, SeenOf(path).Task.WaitAsync(token)).Unwrap();

        /// <summary>Gets the number of broadcasts that are live.</summary>
        public int Live => _live;

        private TaskCompletionSource SeenOf(BroadcastPath path) =>
            _seen.GetOrAdd(path, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

        private async Task<int> ReadAsync(Moq hub, CancellationToken token)
        {
            var live = new HashSet<(long Session, BroadcastPath Path)>();
            await foreach (var announcement in hub.ReadAnnouncementsAsync(cancellationToken: token))
            {
                var key = (announcement.Session.Id, announcement.Path);
                Assert.That(announcement.IsActive ? live.Add(key) : live.Remove(key), Is.True, $"{announcement}");
                _live = live.Count;
                SeenOf(announcement.Path).TrySetResult();
            }

            return live.Count;
        }
    }
}
