using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>Handles of a session on real threads: each counts once, one decision wins, and the last return closes the session.</summary>
public sealed class LeaseStressTests
{
    private const int Threads = 4;

    [Test]
    [CancelAfter(60_000)]
    public async Task CallersThatConnectAndReturnAtOnce_LeaveNoSession(CancellationToken token)
    {
        const int Calls = 150;
        var network = new InMemoryNetwork(RuntimeSchedulers.Default) { Latency = TimeSpan.Zero, TracesArrivals = false };
        var (hubEndpoint, endpoint) = (network.AddEndpoint("hub"), network.AddEndpoint("client"));
        await using var hub = Moq.Serve(hubEndpoint, new MoqOptions { Scheduler = RuntimeSchedulers.Default });
        var moq = new Moq(endpoint, new MoqOptions { Scheduler = RuntimeSchedulers.Default, Linger = TimeSpan.Zero });
        var events = new Events();
        moq.SessionEvents().Subscribe(events);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => CallAsync(thread), token)));

        await moq.OpenSessions().FirstAsync(static sessions => sessions.Count == 0).ToTask(token);
        await hub.OpenSessions().FirstAsync(static sessions => sessions.Count == 0).ToTask(token);
        await moq.DisposeAsync();
        await events.Over.WaitAsync(token);
        Assert.That((events.Opened, events.AfterTheEnd), Is.EqualTo((events.Closed, 0)));
        Assert.That(events.Opened, Is.Positive);
        Assert.That((endpoint.Connected, hubEndpoint.Connected), Is.EqualTo((Array.Empty<string>(), Array.Empty<string>())));

        async Task CallAsync(int thread)
        {
            var random = new Random(thread);
            for (var i = 0; i < Calls; i++)
            {
                var session = await moq.ConnectAsync(hubEndpoint.Address, token);
                if (random.Next(3) == 0)
                    await Task.Yield();
                if (random.Next(20) == 0)
                    session.Close();
                await session.DisposeAsync();
            }
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task OneOfSeveralDecisionsWins_AndItsHandleIsReturnedOnce(CancellationToken token)
    {
        const int Count = 10_000;
        var network = new InMemoryNetwork(RuntimeSchedulers.Default) { Latency = TimeSpan.Zero, TracesArrivals = false };
        var connection = (await RealConnections.CreateAsync(network, 1, token))[0];
        var (taken, returned, accepted, rejected) = (0, 0, 0, 0);
        var incoming = Enumerable.Range(0, Count).Select(_ => new IncomingSession(
            new SharedSession(connection, isOutbound: false, network.Runtime, NullLogger.Instance)
            {
                LeaseTaken = _ => Interlocked.Increment(ref taken),
                LeaseReturned = _ => Interlocked.Increment(ref returned),
                Accepted = _ => Interlocked.Increment(ref accepted),
            },
            skipped: 0)).ToArray();
        var handles = new MoqSession?[Count];
        var wins = new int[Count];
        RealThreads.RunInStep(Count, (thread, i) =>
        {
            if (thread == 0 && i % 2 == 0)
            {
                if (!incoming[i].Reject())
                    return;
                rejected++;
            }
            else
            {
                if (!incoming[i].TryAccept(out var handle))
                    return;
                handles[i] = handle;
            }

            Interlocked.Increment(ref wins[i]);
        });
        Assert.That(wins, Is.All.EqualTo(1));
        Assert.That((accepted, taken), Is.EqualTo((Count - rejected, Count - rejected)));
        RealThreads.RunInStep(Count, (_, i) => handles[i]?.DisposeAsync().AsTask().GetAwaiter().GetResult());
        Assert.That(returned, Is.EqualTo(taken));
    }

    private sealed class Events : IObserver<SessionEvent>
    {
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Opened { get; private set; }

        public int Closed { get; private set; }

        public int AfterTheEnd { get; private set; }

        public Task Over => _over.Task;

        public void OnNext(SessionEvent value)
        {
            if (Over.IsCompleted)
                AfterTheEnd++;
            else if (value.IsOpening)
                Opened++;
            else
                Closed++;
        }

        public void OnError(Exception error) => _over.TrySetException(error);

        public void OnCompleted() => _over.TrySetResult();
    }
}
