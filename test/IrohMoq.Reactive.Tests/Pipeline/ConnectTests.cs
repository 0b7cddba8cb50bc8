namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
public sealed class ConnectTests
{
    [Test]
    public void TwoCallers_OneDialAndOneSession() => VirtualPeers.Run(async peers =>
    {
        var (alice, a) = peers.Add(1);
        peers.Add(2);
        var first = alice.ConnectAsync(peers.Addr(2));
        var second = alice.ConnectAsync(peers.Addr(2));
        var session = await first;
        Assert.That(await second, Is.EqualTo(session).And.Not.SameAs(session), "a hold of its own");
        Assert.That(await alice.ConnectAsync(peers.Addr(2)), Is.EqualTo(session), "an open session is returned");
        Assert.That((a.Dials, session.IsOutbound, session.RemoteId), Is.EqualTo((1, true, peers.Id(2))));
    });

    [Test]
    public void SessionThatWasClosedHere_IsDialedAfreshAtOnce() => VirtualPeers.Run(async peers =>
    {
        var (alice, a) = peers.Add(1);
        peers.Add(2);
        var old = await alice.ConnectAsync(peers.Addr(2));
        old.Close();
        var fresh = await alice.ConnectAsync(peers.Addr(2));
        Assert.That(fresh, Is.Not.EqualTo(old));
        Assert.That((a.Dials, fresh.Closed.IsCompleted), Is.EqualTo((2, false)));
        await old.Closed;
        await peers.WaitAsync(100);
        Assert.That(await alice.ConnectAsync(peers.Addr(2)), Is.EqualTo(fresh), "the old one's end does not remove its successor");
    });

    [Test]
    public void SessionThatThePeerClosed_IsDialedAfresh() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        using var rejecting = bob.IncomingSessions().Subscribe(incoming => incoming.Reject());
        var session = await alice.ConnectAsync(peers.Addr(2));
        var closed = await session.Closed;
        Assert.That(
            (closed.Cause, closed.Code, closed.Reason, closed.IsRemote),
            Is.EqualTo((SessionEndCause.Closed, MoqErrorCode.Unauthorized, "rejected", true)));
        rejecting.Dispose();
        var fresh = await alice.ConnectAsync(peers.Addr(2));
        await peers.WaitAsync(100);
        Assert.That((!fresh.Equals(session), fresh.Closed.IsCompleted), Is.EqualTo((true, false)));
    });

    [Test]
    public void OneOfTwoCallersCancels_TheOtherGetsItsSession() => VirtualPeers.Run(async peers =>
    {
        var (alice, a) = peers.Add(1);
        peers.Add(2);
        using var stop = new CancellationTokenSource();
        var impatient = alice.ConnectAsync(peers.Addr(2), stop.Token);
        var patient = alice.ConnectAsync(peers.Addr(2));
        await peers.WaitAsync(5);
        stop.Cancel();
        Assert.That(await VirtualWorld.FailureOf(impatient), Is.InstanceOf<OperationCanceledException>());
        Assert.That((await patient).RemoteId, Is.EqualTo(peers.Id(2)));
        Assert.That(a.Dials, Is.EqualTo(1));
    });

    [Test]
    public void LastCallerCancels_StopsTheDial() => VirtualPeers.Run(async peers =>
    {
        var (alice, a) = peers.Add(1);
        var (_, b) = peers.Add(2);
        using var stop = new CancellationTokenSource();
        var connecting = alice.ConnectAsync(peers.Addr(2), stop.Token);
        await peers.WaitAsync(25);
        stop.Cancel();
        Assert.That(await VirtualWorld.FailureOf(connecting), Is.InstanceOf<OperationCanceledException>());
        await peers.WaitAsync(100);
        Assert.That((a.Open, b.Open), Is.EqualTo((0, 0)), "no connection is left over");
        Assert.That(peers.Log.Of("EffectFailed"), Is.Empty);
        Assert.That((await alice.ConnectAsync(peers.Addr(2))).Closed.IsCompleted, Is.False, "and it can be dialed again");
    });

    [Test]
    public void CallerThatIsCanceledAtTheSameTime_CausesNoDial() => VirtualPeers.Run(async peers =>
    {
        var (alice, a) = peers.Add(1);
        peers.Add(2);
        using var stop = new CancellationTokenSource();
        var connecting = alice.ConnectAsync(peers.Addr(2), stop.Token);
        stop.Cancel();
        Assert.That(await VirtualWorld.FailureOf(connecting), Is.InstanceOf<OperationCanceledException>());
        await peers.WaitAsync(100);
        Assert.That(a.Open, Is.Zero);
        Assert.That(peers.Log.Of("EffectFailed"), Is.Empty);
    });

    [Test]
    public void NoAnswer_TimesOutForEveryCaller() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var first = alice.ConnectAsync(VirtualPeers.Nowhere);
        var second = alice.ConnectAsync(VirtualPeers.Nowhere);
        var failures = new[] { await VirtualWorld.FailureOf(first), await VirtualWorld.FailureOf(second) };
        Assert.That(peers.World.Elapsed.TotalSeconds, Is.EqualTo(30).Within(0.1));
        Assert.That(
            failures,
            Is.All.InstanceOf<MoqConnectException>().With.Property(nameof(MoqConnectException.Error)).EqualTo(ConnectError.TimedOut));
        Assert.That(failures[0], Is.Not.SameAs(failures[1]));
    });

    [Test]
    public void EndpointThrowsAnyException_EveryCallerGetsIt() => VirtualPeers.Run(async peers =>
    {
        var (alice, a) = peers.Add(1);
        peers.Add(2);
        foreach (var (fault, expected) in new (Exception, ConnectError)[]
        {
            (new MoqConnectException(ConnectError.Refused, "refused", true), ConnectError.Refused),
            (new InvalidOperationException("a bug"), ConnectError.Other),
            (new OperationCanceledException("for no reason"), ConnectError.Other),
        })
        {
            a.DialFault = () => fault;
            var first = alice.ConnectAsync(peers.Addr(2));
            var second = alice.ConnectAsync(peers.Addr(2));
            Assert.That(((MoqConnectException)(await VirtualWorld.FailureOf(first))!).Error, Is.EqualTo(expected));
            Assert.That(((MoqConnectException)(await VirtualWorld.FailureOf(second))!).Error, Is.EqualTo(expected));
        }

        a.DialFault = null;
        Assert.That((await alice.ConnectAsync(peers.Addr(2))).RemoteId, Is.EqualTo(peers.Id(2)));
    });

    [Test]
    public void BothDialAtOnce_BothGetASessionThatLives() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        using var fromAlice = peers.Broadcast();
        using var live = alice.Publish("from/alice", fromAlice);
        var (forth, back) = (alice.ConnectAsync(peers.Addr(2)), bob.ConnectAsync(peers.Addr(1)));
        var (there, here) = (await forth, await back);
        await peers.WaitAsync(1000);
        Assert.That((there.Closed.IsCompleted, here.Closed.IsCompleted), Is.EqualTo((false, false)));
        Assert.That(await here.SubscribeAsync("from/alice"), Is.Not.Null);
    });

    [Test]
    public void SessionsAtTheLimit_TheNextCallAndTheNextPeerAreRefused() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1, static options => options with { MaxSessions = 1 });
        var (bob, _) = peers.Add(2);
        peers.Add(3);
        await alice.ConnectAsync(peers.Addr(3));
        var refused = await VirtualWorld.FailureOf(alice.ConnectAsync(peers.Addr(2)));
        Assert.That(refused, Is.InstanceOf<MoqException>().With.Property(nameof(MoqException.Code)).EqualTo(MoqErrorCode.BoundsExceeded));
        var closed = await (await bob.ConnectAsync(peers.Addr(1))).Closed;
        Assert.That((closed.Code, closed.IsRemote), Is.EqualTo((MoqErrorCode.Internal, true)));
        Assert.That(peers.Log.Of("Refused"), Has.Count.EqualTo(1));
    });
}
