using System.Reactive.Concurrency;
using System.Reactive.Linq;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Streams;

/// <summary>Sessions and broadcasts in one order, and the state of who is here.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class NoticeOrderTests
{
    [Test]
    public void SessionsAndBroadcastsMerged_HaveTheOrderInWhichThingsHappened() =>
        Run(static () => new TestScheduler(), static (_, hub, visit) => CheckOrderAsync(hub, visit));

    [Test]
    public void OnAHistoricalScheduler_TheOrderIsTheSame() =>
        Run(static () => new HistoricalScheduler(), static (_, hub, visit) => CheckOrderAsync(hub, visit));

    [Test]
    public void OpenSessions_AreAState_ThatNeverHasASessionThatEnded() => Run(
        static () => new TestScheduler(), static async (network, hub, visit) =>
    {
        var own = new TestScheduler();
        var (seen, slow) = (new List<int>(), new List<string>());
        using var states = hub.OpenSessions().Subscribe(sessions => seen.Add(sessions.Count));
        using var behind = hub.OpenSessions(own).Subscribe(
            sessions => slow.Add(string.Join(' ', sessions.Select(session => session.Closed.IsCompleted ? "ghost" : "open"))));
        var (ann, bob) = (await visit("ann"), await visit("bob"));
        await ann.ShutdownAsync();
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(seen, Is.EqualTo(new[] { 0, 1, 2, 1 }));
        for (var i = 0; i < 10; i++)
        {
            own.AdvanceBy(TimeSpan.TicksPerSecond);
            await network.Runtime.DelayAsync(TimeSpan.FromMilliseconds(1));
        }

        Assert.That(slow[^1], Is.EqualTo("open"), "the slow one has the newest state");
        Assert.That(slow, Has.Count.LessThan(4), "and not each one before it");
        await bob.ShutdownAsync();
    });

    [Test]
    public void HandleOfAnAcceptedSession_KeepsItOpen_AndItsDisposalClosesIt() => Run(
        static () => new TestScheduler(), static async (network, hub, visit) =>
    {
        var accepted = hub.IncomingSessions().Select(static incoming => incoming.Accept()).Replay();
        using var accepting = accepted.Connect();
        await visit("ann");
        MoqSession? session = null;
        using (accepted.Subscribe(handle => session = handle))
            await network.Runtime.DelayAsync(TimeSpan.FromMinutes(5));
        Assert.That(session!.Closed.IsCompleted, Is.False, "a handle keeps it open");
        await session.DisposeAsync();
        await network.Runtime.DelayAsync(MoqOptions.Default.Linger + TimeSpan.FromSeconds(1));
        var closed = await session.Closed;
        Assert.That((closed.Cause, closed.Code, closed.IsRemote), Is.EqualTo((SessionEndCause.Closed, MoqErrorCode.Cancel, false)));
    });

    [Test]
    public void HandlesOfOneSession_AreEqualByOperator() => Run(static () => new TestScheduler(), static async (network, hub, visit) =>
    {
        var ann = await visit("ann");
        await using var one = await hub.ConnectAsync(network.AddressOf(ann));
        await using var other = await hub.ConnectAsync(network.AddressOf(ann));
        Assert.That(one == other && !(one != other) && one.Equals(other) && one.GetHashCode() == other.GetHashCode(), Is.True);
        Assert.That(one == null, Is.False);
        Assert.That(ReferenceEquals(one!.Closed, one.Closed), Is.True, "looking at it again registers nothing");
    });

    [Test]
    public void CloseAsync_EndsTheSessionAndSaysHow() => Run(static () => new TestScheduler(), static async (network, hub, visit) =>
    {
        var address = network.AddressOf(await visit("ann"));
        var session = await hub.ConnectAsync(address);
        var closed = await session.CloseAsync(MoqErrorCode.FromApplication(7), "done");
        Assert.That((closed.Code, closed.Reason, closed.IsRemote), Is.EqualTo((MoqErrorCode.FromApplication(7), "done", false)));
        await using var next = await hub.ConnectAsync(address);
        Assert.That(next == session, Is.False, "a caller that comes after the close gets a new session");
    });

    [Test]
    public void AdvancedUnderASynchronizationContext_EverythingRunsOnTheAdvancingThread()
    {
        var time = new TestScheduler();
        var network = new InMemoryNetwork(time, seed: 5);
        var (hub, guest) = (network.AddPeer("hub"), network.AddPeer("guest"));
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
        try
        {
            var sessions = new List<MoqSession>();
            var threads = new HashSet<int>();
            using var reconnecting = guest.Reconnect(network.AddressOf(hub)).Subscribe(session =>
            {
                sessions.Add(session);
                threads.Add(Environment.CurrentManagedThreadId);
            });
            time.AdvanceBy(TimeSpan.FromSeconds(60).Ticks);
            Assert.That(sessions, Has.Count.EqualTo(1), "a dial needs a round trip and nothing else");
            sessions[0].Close();
            time.AdvanceBy(TimeSpan.FromSeconds(60).Ticks);
            Assert.That(sessions, Has.Count.EqualTo(2));
            Assert.That(threads, Is.EqualTo(new[] { Environment.CurrentManagedThreadId }));
            Assert.That(SynchronizationContext.Current, Is.TypeOf<SynchronizationContext>(), "the caller's context is back");
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private static async Task CheckOrderAsync(Moq hub, Func<string, Task<Moq>> visit)
    {
        var (merged, notices) = (new List<string>(), new List<string>());
        using var both = hub.SessionEvents().Select(Text).Merge(hub.BroadcastEvents().Select(Text)).Subscribe(merged.Add);
        using var one = hub.Notices().Select(Text).Subscribe(notices.Add);
        var ann = await visit("ann");
        using (hub.Publish("one", hub.CreateBroadcast()))
        {
            // In one step, so that nothing else can come between.
            hub.Publish("two", hub.CreateBroadcast());
            _ = ann.ShutdownAsync();
            hub.Publish("two", hub.CreateBroadcast());
        }

        await visit("bob");
        await hub.ShutdownAsync();
        Assert.That(notices, Is.EqualTo(new[]
        {
            "opened", "Announced one", "Announced two", "Ended two", "Replaced two", "Ended one", "closed", "opened", "Ended two", "closed",
        }));
        Assert.That(merged, Is.EqualTo(notices));
    }

    private static string Text(MoqNotice notice) => notice switch
    {
        SessionEvent session => session.IsOpening ? "opened" : "closed",
        BroadcastEvent broadcast => $"{broadcast.Change} {broadcast.Name}",
        _ => throw new ArgumentOutOfRangeException(nameof(notice), notice, "There is no other kind."),
    };

    private static void Run(Func<IScheduler> clock, Func<InMemoryNetwork, Moq, Func<string, Task<Moq>>, Task> body)
    {
        var network = new InMemoryNetwork(clock(), seed: 3);
        network.Run(() =>
        {
            var hub = network.AddPeer("hub");
            return body(network, hub, async name =>
            {
                var visitor = network.AddPeer(name);
                await visitor.ConnectAsync(network.AddressOf(hub));
                await network.Runtime.DelayAsync(TimeSpan.FromMilliseconds(100));
                return visitor;
            });
        });
    }
}
