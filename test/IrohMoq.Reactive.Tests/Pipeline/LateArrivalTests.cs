using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>
/// Connections and callers that arrive while the manager fails: the connection is closed, and the caller gets the failure.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class LateArrivalTests
{
    /// <summary>Fails the manager when a broadcast is published.</summary>
    private static readonly MoqRules FailOnPublish = static (state, happened) => happened is MoqEvent.BroadcastPublished
        ? throw new InvalidDataException("a bad rule")
        : MoqReducer.Reduce(state, happened);

    [Test]
    public void ConnectionThatIsAcceptedWhileTheManagerFails_IsClosedAtOnce() => VirtualPeers.Run(async peers =>
    {
        var decision = new Completion<bool>(peers.World.Runtime);
        var (alice, endpoint) = peers.Add(1, options => options with
        {
            Rules = FailOnPublish,
            AcceptPolicy = (_, _) => new ValueTask<bool>(decision.WaitAsync()),
        });
        var (bob, _) = peers.Add(2);
        var session = await bob.ConnectAsync(peers.Addr(1));
        await peers.WaitAsync(100);
        alice.Publish("x", alice.CreateBroadcast());
        await peers.WaitAsync(1);
        Assert.That((endpoint.Open, session.Closed.IsCompleted), Is.EqualTo((1, false)), "the manager does not have the connection yet");

        decision.TrySet(true);
        await peers.WaitAsync(1);
        Assert.That(endpoint.Open, Is.Zero);
        var closed = await session.Closed;
        Assert.That((closed.Code, closed.IsRemote), Is.EqualTo((MoqErrorCode.Cancel, true)));
        await alice.DisposeAsync();
    });

    [Test]
    public void ConnectionThatIsAddedAfterAllAreDisposed_IsClosedAtOnce() => VirtualPeers.Run(async peers =>
    {
        var connections = Connections(peers, new ConnectionDisposal(peers.World.Runtime, NullLogger.Instance));
        var (listener, dialer) = (peers.Network.AddEndpoint("listener"), peers.Network.AddEndpoint("dialer"));
        listener.Listen(["moq-lite-03"]);
        var before = connections.Add(1, await dialer.ConnectAsync(listener.Address, ["moq-lite-03"]), new Dialed(listener.Address, null));
        await peers.WaitAsync(100);
        Assert.That(before.IsOpen, Is.True);

        connections.DisposeAll(MoqErrorCode.Transport, "internal error");
        var after = connections.Add(2, await dialer.ConnectAsync(listener.Address, ["moq-lite-03"]), new Dialed(listener.Address, null));
        await peers.WaitAsync(1);
        Assert.That((before.IsOpen, after.IsOpen), Is.EqualTo((false, false)));
        Assert.That((await before.Ended).Code, Is.EqualTo(MoqErrorCode.Transport.Value));
        Assert.That((await after.Ended).Code, Is.EqualTo(MoqErrorCode.Cancel.Value));
    });

    [Test]
    public void CallAfterAllCallersHaveFailed_FailsWithTheSameFailure() => VirtualPeers.Run(async peers =>
    {
        var (runtime, log) = (peers.World.Runtime, NullLogger.Instance);
        var settings = new MoqOptions().ToSettings();
        var disposal = new ConnectionDisposal(runtime, log);
        var connections = Connections(peers, disposal);
        var sessions = new SessionTable(settings, runtime, log, connections, new BroadcastTable(Ignore, Ignore), Ignore, Ignore);
        var dialer = new Dialer(peers.Network.AddEndpoint("dialer"), settings, runtime, log, disposal, connections, new Numbers(), Ignore);
        var requests = new List<MoqEvent>();
        var callers = new CallerTable(sessions, dialer, runtime, static _ => new NotSupportedException(), requests.Add);
        var before = callers.ConnectAsync(1, 2, VirtualPeers.Nowhere, null, CancellationToken.None);
        var failure = new MoqException(MoqErrorCode.Transport, "the failure of the manager", false);

        callers.FailAll(() => failure);
        var after = callers.ConnectAsync(3, 4, VirtualPeers.Nowhere, null, CancellationToken.None);
        Assert.That(await VirtualWorld.FailureOf(before), Is.SameAs(failure));
        Assert.That(await VirtualWorld.FailureOf(after), Is.SameAs(failure));
        Assert.That(requests.Select(static request => request.GetType()), Is.All.EqualTo(typeof(MoqEvent.ConnectRequested)));
    });

    [Test]
    [CancelAfter(60_000)]
    public async Task CallsOnSeveralThreadsWhileTheManagerFails_AllGetItsFailure(CancellationToken token)
    {
        const int Callers = 3;
        for (var round = 0; round < 40; round++)
        {
            var isFailing = false;
            MoqRules rules = (state, happened) =>
            {
                Volatile.Write(ref isFailing, happened is MoqEvent.BroadcastPublished);
                return FailOnPublish(state, happened);
            };
            var network = new InMemoryNetwork(RuntimeSchedulers.Default);
            var options = new MoqOptions { Scheduler = RuntimeSchedulers.Default, Rules = rules };
            await using var moq = new Moq(network.AddEndpoint("1"), options);
            var calls = new List<Task>[Callers];
            RealThreads.Run(Callers + 1, thread =>
            {
                if (thread == Callers)
                {
                    moq.Publish("x", moq.CreateBroadcast());
                    return;
                }

                while (!Volatile.Read(ref isFailing))
                    Thread.SpinWait(1);
                calls[thread] = [.. UntilOneFails(() => moq.ConnectAsync(VirtualPeers.Nowhere, token))];
            });
            foreach (var call in calls.SelectMany(static calls => calls))
            {
                Assert.That(
                    await VirtualWorld.FailureOf(call),
                    Is.TypeOf<MoqException>().With.InnerException.TypeOf<InvalidDataException>());
            }
        }
    }

    /// <summary>Calls until a call has failed, which it does at once after the failure of the manager.</summary>
    private static IEnumerable<Task> UntilOneFails(Func<Task> call)
    {
        Task last;
        do
        {
            last = call();
            yield return last;
        }
        while (!last.IsFaulted);
    }

    private static ConnectionTable Connections(VirtualPeers peers, ConnectionDisposal disposal) =>
        new(new MoqOptions().ToSettings(), peers.World.Runtime, NullLogger.Instance, disposal, Ignore, Ignore);

    private static void Ignore(MoqEvent happened)
    {
        // Nothing handles the events of these tables.
    }
}
