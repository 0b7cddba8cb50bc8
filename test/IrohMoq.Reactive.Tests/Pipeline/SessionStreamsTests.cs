using System.Reactive.Concurrency;
using System.Reactive.Linq;

namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
public sealed class SessionStreamsTests
{
    [Test]
    public void DialedSession_IsNotAmongTheIncoming() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        var (atAlice, atBob) = (new List<EndpointId>(), new List<EndpointId>());
        using var one = alice.IncomingSessions().Subscribe(incoming => atAlice.Add(incoming.RemoteId));
        using var other = bob.IncomingSessions().Subscribe(incoming => atBob.Add(incoming.RemoteId));
        await alice.ConnectAsync(peers.Addr(2));
        await peers.WaitAsync(100);
        Assert.That((atAlice, atBob), Is.EqualTo((Array.Empty<EndpointId>(), new[] { peers.Id(1) })));
    });

    [Test]
    public void LateSubscriber_GetsTheLast16StillOpen_AndOpenSessionsHasAll() => VirtualPeers.Run(async peers =>
    {
        var (hub, _) = peers.Add(100);
        var sessions = new List<MoqSession>();
        for (byte name = 1; name <= 20; name++)
            sessions.Add(await peers.Add(name).Moq.ConnectAsync(peers.Addr(100)));
        sessions[19].Close();
        await peers.WaitAsync(100);
        var incoming = new List<EndpointId>();
        var here = new List<EndpointId>();
        using var late = hub.IncomingSessions().Subscribe(session => incoming.Add(session.RemoteId));
        using var presence = hub.SessionEvents().Subscribe(
            happened => Assert.That(happened.IsOpening ? Add(here, happened.RemoteId) : here.Remove(happened.RemoteId), Is.True));
        await peers.WaitAsync(1);
        Assert.That(incoming, Is.EqualTo(Enumerable.Range(4, 16).Select(name => peers.Id((byte)name))));
        Assert.That(here, Is.EqualTo(Enumerable.Range(1, 19).Select(name => peers.Id((byte)name))));
        sessions[0].Close();
        await peers.WaitAsync(100);
        Assert.That(here, Has.Count.EqualTo(18).And.No.Member(peers.Id(1)));

        static bool Add(List<EndpointId> list, EndpointId id)
        {
            list.Add(id);
            return true;
        }
    });

    [Test]
    public void FirstDecisionWins_LaterOnesChangeNothing() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        var decisions = new List<bool>();
        MoqSession? accepted = null;
        using var first = bob.IncomingSessions().Subscribe(incoming => accepted = incoming.Accept());
        using var second = bob.IncomingSessions().Subscribe(incoming => decisions.Add(incoming.Reject(MoqErrorCode.Unauthorized, "no")));
        var session = await alice.ConnectAsync(peers.Addr(2));
        await peers.WaitAsync(100);
        Assert.That((decisions, session.Closed.IsCompleted, accepted!.IsOutbound), Is.EqualTo((new[] { false }, false, false)));
    });

    [Test]
    public void CloseByEitherSide_IsAValueForBoth() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        var (atAlice, atBob) = (new List<SessionClosed>(), new List<SessionClosed>());
        using var one = alice.SessionClosures().Subscribe(atAlice.Add);
        using var other = bob.SessionClosures().Subscribe(atBob.Add);
        (await alice.ConnectAsync(peers.Addr(2))).Close(MoqErrorCode.FromApplication(7), "enough");
        await peers.WaitAsync(100);
        Assert.That(
            atAlice.Select(static c => (c.Code.Value, c.Reason, c.IsRemote, c.RemoteId)),
            Is.EqualTo(new[] { (71u, "enough", false, peers.Id(2)) }));
        Assert.That(
            atBob.Select(static c => (c.Code.Value, c.Reason, c.IsRemote, c.RemoteId)),
            Is.EqualTo(new[] { (71u, "enough", true, peers.Id(1)) }));
        Assert.That(peers.Log.Of("Closed"), Has.Count.EqualTo(2).And.Some.Contain("this side").And.Some.Contain("the peer"));
    });

    [Test]
    public void PeerVanishes_SessionTimesOut() => VirtualPeers.Run(async peers =>
    {
        var (alice, a) = peers.Add(1);
        var (_, b) = peers.Add(2);
        var session = await alice.ConnectAsync(peers.Addr(2));
        var waiting = session.SubscribeAsync("never");
        // The SETUP of the peer has arrived, for which there is a shorter limit.
        await session.WaitUntilCaughtUpAsync();
        peers.Cut(a, b);
        Assert.That((await session.Closed).Cause, Is.EqualTo(SessionEndCause.TimedOut));
        Assert.That(await VirtualWorld.FailureOf(waiting), Is.InstanceOf<MoqSessionClosedException>());
        Assert.That(await VirtualWorld.FailureOf(session.SubscribeAsync("x")), Is.InstanceOf<MoqSessionClosedException>());
    });

    [Test]
    public void ObserverThatThrows_HarmsNoOther() => VirtualPeers.Run(async peers =>
    {
        var (hub, _) = peers.Add(100);
        var thrown = new List<string>();
        var scheduler = ((IScheduler)peers.World.Scheduler).Catch<InvalidDataException>(fault =>
        {
            thrown.Add(fault.Message);
            return true;
        });
        using var bad = hub.IncomingSessions(scheduler).Subscribe(static _ => throw new InvalidDataException("bad observer"));
        var got = 0;
        using var good = hub.IncomingSessions().Subscribe(_ => got++);
        for (byte name = 1; name <= 3; name++)
            await peers.Add(name).Moq.ConnectAsync(peers.Addr(100));
        await peers.WaitAsync(100);
        Assert.That((got, peers.Log.Of("ObserverFailed").Count), Is.EqualTo((3, 1)));
        Assert.That(thrown, Is.EqualTo(new[] { "bad observer" }), "as in Rx, its scheduler gets the exception");
    });

    [Test]
    public void UserCallsBackInsideOnNext_OrderHolds() => VirtualPeers.Run(async peers =>
    {
        var (hub, _) = peers.Add(100);
        var order = new List<string>();
        using var broadcast = peers.Broadcast();
        using var meddler = hub.SessionEvents().Where(static happened => happened.IsOpening).Subscribe(happened =>
        {
            using var brief = hub.Publish("brief", broadcast);
            happened.Session.Close();
        });
        using var observer = hub.SessionEvents().Subscribe(
            happened => order.Add($"{peers.NameOf(happened.RemoteId)} {happened.IsOpening}"));
        await peers.Add(1).Moq.ConnectAsync(peers.Addr(100));
        await peers.WaitAsync(100);
        await peers.Add(2).Moq.ConnectAsync(peers.Addr(100));
        await peers.WaitAsync(100);
        Assert.That(order, Is.EqualTo(new[] { "1 True", "1 False", "2 True", "2 False" }));
        Assert.That(hub.PublishedBroadcasts, Is.Empty);
    });

    [Test]
    public void Shutdown_ClosesEverySessionCompletesEveryStreamAndFailsLaterCalls() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, b) = peers.Add(2);
        using var broadcast = peers.Broadcast();
        using var live = bob.Publish("x", broadcast);
        var session = await alice.ConnectAsync(peers.Addr(2));
        await peers.WaitAsync(100);
        var ends = new List<string>();
        using var one = bob.IncomingSessions().Subscribe(static _ => { }, () => ends.Add("incoming"));
        using var two = bob.SessionEvents().Subscribe(
            happened => ends.Add(happened.IsOpening ? "open" : "closed"), () => ends.Add("events"));
        using var three = bob.SessionClosures().Subscribe(static _ => { }, () => ends.Add("closures"));
        var dialing = bob.ConnectAsync(VirtualPeers.Nowhere);
        await peers.WaitAsync(1);
        var from = peers.World.Elapsed;
        await bob.DisposeAsync();
        Assert.That((peers.World.Elapsed - from).TotalSeconds, Is.LessThan(1));
        await peers.WaitAsync(100);

        var closed = await session.Closed;
        Assert.That((closed.Code, closed.Reason, closed.IsRemote), Is.EqualTo((MoqErrorCode.Cancel, "left", true)));
        Assert.That(ends, Is.EquivalentTo(new[] { "open", "closed", "incoming", "events", "closures" }));
        Assert.That(await VirtualWorld.FailureOf(dialing), Is.InstanceOf<ObjectDisposedException>());
        Assert.That(await VirtualWorld.FailureOf(bob.ConnectAsync(peers.Addr(1))), Is.InstanceOf<ObjectDisposedException>());
        Assert.That(() => bob.Publish("y", broadcast), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => bob.PublishedBroadcasts, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(b.Open, Is.Zero);
        Assert.That(b.IsOver, Is.False, "the endpoint is the caller's");
        await bob.DisposeAsync();
    });

    [Test]
    public void ShutdownWithNothingOpen_IsDoneAtOnce() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        await alice.ShutdownAsync();
        Assert.That(peers.World.Elapsed.TotalSeconds, Is.LessThan(1));
        Assert.That(peers.Log.Of("ShutdownTooLong"), Is.Empty);
    });

    [Test]
    public void EndpointDies_StreamsFailAfterEveryClosing() => VirtualPeers.Run(async peers =>
    {
        var (alice, a) = peers.Add(1);
        peers.Add(2);
        var seen = new List<string>();
        using var events = alice.SessionEvents().Subscribe(
            happened => seen.Add(happened.IsOpening ? "open" : "closed"),
            failure => seen.Add($"{failure.GetType().Name} {failure.Message}"));
        await alice.ConnectAsync(peers.Addr(2));
        await a.FailAsync(new IOException("socket gone"));
        await peers.WaitAsync(100);
        Assert.That(
            seen,
            Is.EqualTo(
                new[] { "open", "closed", "MoqException The endpoint died: socket gone. Create a new endpoint, and a new Moq on it." }));
        Assert.That(await VirtualWorld.FailureOf(alice.ConnectAsync(peers.Addr(2))), Is.TypeOf<MoqException>());
    });

    [Test]
    public void EndpointIsDisposedFirst_StreamsComplete() => VirtualPeers.Run(async peers =>
    {
        var (alice, a) = peers.Add(1);
        var completed = false;
        using var events = alice.IncomingSessions().Subscribe(static _ => { }, () => completed = true);
        await a.DisposeAsync();
        await peers.WaitAsync(1);
        Assert.That(completed, Is.True);
        await alice.DisposeAsync();
    });

    [Test]
    public void IncomingSessions_ArePulledAsWell() => VirtualPeers.Run(async peers =>
    {
        var (hub, _) = peers.Add(100);
        for (byte name = 1; name <= 3; name++)
            await peers.Add(name).Moq.ConnectAsync(peers.Addr(100));
        await peers.WaitAsync(100);
        var got = new List<EndpointId>();
        await foreach (var incoming in hub.ReadIncomingSessionsAsync())
        {
            got.Add(incoming.Accept().RemoteId);
            if (got.Count == 3)
                await hub.ShutdownAsync();
        }

        Assert.That(got, Is.EqualTo(new[] { peers.Id(1), peers.Id(2), peers.Id(3) }));
    });
}
