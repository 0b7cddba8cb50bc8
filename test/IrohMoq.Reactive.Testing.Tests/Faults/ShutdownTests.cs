using System.Text;
using IrohMoq.Reactive.Testing.Tests.Transport;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>How a manager ends, and what it does when something goes wrong or comes in numbers.</summary>
public sealed class ShutdownTests
{
    [Test, Fault(33), Fault(34)]
    public void Dispose_CompletesIncoming_FailsConnect_AwaitsClose() => Scene.Run(async scene =>
    {
        var (alice, bob, carol) = (scene.Add("alice"), scene.Add("bob"), scene.Add("carol"));
        var ends = new List<string>();
        using var incoming = alice.Moq.IncomingSessions().Subscribe(static _ => { }, () => ends.Add("incoming"));
        using var closures = alice.Moq.SessionClosures().Subscribe(
            closed => ends.Add($"closed {closed.Code.Value}"), () => ends.Add("closures"));
        using var broadcasts = alice.Moq.BroadcastEvents().Subscribe(
            happened => ends.Add($"{happened.Change} {happened.EndedBy}"), () => ends.Add("broadcasts"));
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        var (atBob, atAlice) = (await bob.ConnectAsync(alice), await alice.ConnectAsync(carol));
        scene.Network.Partition(alice.Moq, bob.Moq);
        var dialing = alice.Moq.ConnectAsync(scene.AddRaw("nobody").Address);
        var waiting = atAlice.SubscribeAsync("never");
        await alice.Moq.DisposeAsync();

        Assert.That((await atAlice.Closed).Code, Is.EqualTo(MoqErrorCode.Cancel), "over when the shutdown returns");
        Assert.That(alice.Endpoint.Connected, Is.Empty);
        Assert.That(
            ends, Is.EquivalentTo(new[] { "Announced ", "closed 0", "closed 0", "Ended Shutdown", "broadcasts", "closures", "incoming" }));
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "opens", "closes 0", "closes 0", "complete" }));
        await Failure.OfAsync<ObjectDisposedException>(async () => await dialing);
        await Failure.OfAsync<MoqSessionClosedException>(async () => await waiting);
        Assert.That(atBob.Closed.IsCompleted, Is.False, "the cut hides it from bob");
        await alice.Moq.DisposeAsync();
        await alice.Moq.ShutdownAsync();
    });

    [Test, Fault(33)]
    public void EveryLaterCall_FailsAtOnce_AndNothingIsDialedOrTaken() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        var ending = alice.Moq.ShutdownAsync();
        var before = scene.Network.Trace.Count;
        await Failure.OfAsync<ObjectDisposedException>(async () => await alice.ConnectAsync(bob));
        Assert.That(() => alice.Moq.Publish("x", broadcast), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => alice.Moq.PublishedBroadcasts, Throws.InstanceOf<ObjectDisposedException>());
        await ending;
        var streams = 0;
        alice.Moq.SessionEvents().Subscribe(static _ => { }, () => streams++);
        alice.Moq.BroadcastEvents().Subscribe(static _ => { }, () => streams++);
        await scene.PauseAsync(60);
        Assert.That((scene.Network.Trace.Count, streams), Is.EqualTo((before, 2)));
    });

    [Test, Fault(33)]
    public void DialInFlight_IsCanceled_AndBringsNoSession() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var dialing = alice.ConnectAsync(bob);
        await scene.PauseAsync(1.5 * Scene.Latency);
        await alice.Moq.ShutdownAsync();
        await Failure.OfAsync<ObjectDisposedException>(async () => await dialing);
        await scene.PauseAsync(60);
        Assert.That((alice.Events, bob.Events), Is.EqualTo((new[] { "complete" }, Array.Empty<string>())));
        Assert.That((alice.Endpoint.Connected.Count, bob.Endpoint.Connected.Count), Is.EqualTo((0, 0)));
    });

    [Test, Fault(34)]
    public void ObserverThatIsNeverServed_HoldsTheShutdownUpForItsLimitOnly() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice", new MoqOptions { ShutdownTimeout = TimeSpan.FromSeconds(2) }), scene.Add("bob"));
        using var stuck = alice.Moq.IncomingSessions(new Microsoft.Reactive.Testing.TestScheduler(), null).Subscribe(
            static _ => Assert.Fail("Its time stands still."));
        await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        var before = scene.Seconds;
        await alice.Moq.ShutdownAsync();
        Assert.That(scene.Seconds - before, Is.EqualTo(2).Within(0.001));
        Assert.That((alice.Endpoint.Connected.Count, alice.Events[^1]), Is.EqualTo((0, "complete")), "the other observers are notified");
    });

    [Test, Fault(34)]
    public void ServedManager_HasItsOwnShutdownTimeout_AndItsRouterWaitsForIt() => Scene.Run(async scene =>
    {
        var log = new LogRecorder();
        var options = scene.Options with { ShutdownTimeout = TimeSpan.FromSeconds(30), LoggerFactory = log };
        var (endpoint, bob) = (scene.AddRaw("alice"), scene.Add("bob"));
        var moq = Reactive.Moq.Serve(endpoint, options);
        using var stuck = moq.IncomingSessions(new Microsoft.Reactive.Testing.TestScheduler(), null).Subscribe();
        await bob.Moq.ConnectAsync(endpoint.Address);
        await scene.PauseAsync(1);
        var before = scene.Seconds;
        await moq.DisposeAsync();
        Assert.That(scene.Seconds - before, Is.EqualTo(30).Within(0.001));
        Assert.That(log.Of("ShutdownTooLong").Where(entry => entry.ContainsKey("Running")), Is.Empty, "the router has nothing to warn of");
    });

    [Test, Fault(34)]
    public void WhatHadArrived_IsStillReadAfterThePeersShutdown() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        await using var groups = (await session.SubscribeAsync("x")).Track("t").ReadGroupsAsync().GetAsyncEnumerator();
        var first = groups.MoveNextAsync();
        await track.WaitForSubscriberAsync();
        for (var g = 0; g < 3; g++)
            Scene.Say(track, $"group {g}");
        await first;
        await scene.PauseAsync(1);
        await alice.Moq.ShutdownAsync();
        await session.Closed;
        for (var g = 0; g < 3; g++)
        {
            Assert.That(groups.Current.Sequence, Is.EqualTo((ulong)g));
            groups.Current.Dispose();
            if (g < 2)
                Assert.That(await groups.MoveNextAsync(), Is.True);
        }

        var end = await Failure.OfAsync<MoqSessionClosedException>(async () => await groups.MoveNextAsync());
        Assert.That((end.Code, end.IsRemote), Is.EqualTo((MoqErrorCode.Cancel, true)));
    });

    [Test, Fault(34)]
    public void RoutersEnd_ShutsTheManagerDownAndWaits() => Scene.Run(async scene =>
    {
        var bob = scene.Add("bob");
        var endpoint = scene.AddRaw("alice");
        var alice = new Moq(endpoint, scene.Options);
        var router = Router.Start(endpoint, alice.ProtocolHandler);
        var session = await bob.Moq.ConnectAsync(endpoint.Address);
        await scene.PauseAsync(1);
        var isTold = false;
        using var events = alice.SessionEvents().Subscribe(static _ => { }, () => isTold = true);
        await router.DisposeAsync();
        Assert.That((isTold, endpoint.Connected.Count), Is.EqualTo((true, 0)));
        Assert.That((await session.Closed).Code, Is.EqualTo(MoqErrorCode.Cancel));
    });

    [Test, Fault(35)]
    public void HandlerAfterDispose_RefusesWithCode() => Scene.Run(async scene =>
    {
        var bob = scene.Add("bob");
        var endpoint = scene.AddRaw("alice");
        var alice = new Moq(endpoint, scene.Options);
        await using var router = Router.Start(endpoint, alice.ProtocolHandler);
        await alice.DisposeAsync();
        var closed = await (await bob.Moq.ConnectAsync(endpoint.Address)).Closed;
        Assert.That(
            (closed.Cause, closed.Code, closed.Reason, closed.IsRemote),
            Is.EqualTo((SessionEndCause.Closed, MoqErrorCode.Cancel, "cancelled", true)));
        await scene.PauseAsync(1);
        Assert.That(endpoint.Connected, Is.Empty);
    });

    [Test, Fault(35)]
    public void UnreferencedManager_LivesWithItsHandler() => Scene.Run(async scene =>
    {
        var bob = scene.Add("bob");
        var endpoint = scene.AddRaw("alice");
        await using var router = StartForgotten(scene, endpoint);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(await Scene.HearAsync(await (await bob.Moq.ConnectAsync(endpoint.Address)).SubscribeAsync("x")), Is.EqualTo("hello"));
    });

    [Test, Fault(32)]
    public void SessionThatBreaksTheProtocol_EndsAndLeavesTheTable() => Scene.Run(async scene =>
    {
        var (alice, raw) = (scene.Add("alice"), scene.AddRaw("raw"));
        await using var connection = await raw.ConnectAsync(alice.Address, ["moq-lite-03"]);
        // A session asks for announcements first: the answer is malformed.
        var asked = await connection.AcceptBidiAsync();
        await asked.Send.WriteAsync(Encoding.UTF8.GetBytes("\u0003\u0007oh no"));
        await scene.PauseAsync(1);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "closes 5" }));
        Assert.That(alice.Closures.Single().IsRemote, Is.False);
        Assert.That(alice.Closures.Single().Reason, Does.Contain("ANNOUNCE"), "the peer reads what it did wrong");
        var dial = await Failure.OfAsync<MoqConnectException>(async () => await alice.Moq.ConnectAsync(raw.Address));
        Assert.That(dial.Error, Is.EqualTo(ConnectError.NotServing), "it was dialed afresh, not taken from the table");
    });

    [Test, Fault(32)]
    public void ConnectionThatFailsUnexpectedly_IsClosedAndLeavesTheTable() => Scene.Run(async scene =>
    {
        var (alice, raw) = (scene.Add("alice"), scene.AddRaw("raw", "moq-lite-03"));
        var connection = await raw.ConnectAsync(alice.Address, ["moq-lite-03"]);
        await using var session = MoqSession.Connect(new BrokenConnection(connection), scene.Options);
        var closed = await session.Closed;
        Assert.That((closed.Code, closed.Reason, closed.IsRemote), Is.EqualTo((MoqErrorCode.Transport, "internal error", false)));
        await scene.PauseAsync(1);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", $"closes {MoqErrorCode.Unspecified(1).Value}" }));
    });

    [Test, Fault(40)]
    public void WhatIsKnownOfASession_IsItsCallersToSee() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        Assert.That((session.Protocol, session.RemoteId, session.IsOutbound), Is.EqualTo(("moq-lite-06", alice.Id, true)));
        Assert.That((session.Connection.Protocol, session.Connection.IsOutbound), Is.EqualTo((session.Protocol, true)));
        Assert.That(session.Connection.RemoteId.ToArray(), Is.EqualTo(alice.Id.ToArray()));
        Assert.That((await bob.ConnectAsync(alice)).Connection, Is.SameAs(session.Connection));
    });

    [Test, Fault(41)]
    public void BurstOfCalls_BlocksNoCaller() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Saying("hello");
        var before = scene.Seconds;
        // In one step, so that none of their results can come between.
        for (var i = 0; i < 1000; i++)
            alice.Moq.Publish($"x/{i}", broadcast);
        var dials = Enumerable.Range(0, 1000).Select(_ => bob.ConnectAsync(alice)).ToArray();
        Assert.That((scene.Seconds, alice.Moq.PublishedBroadcasts.Count), Is.EqualTo((before, 1000)));
        var sessions = await Task.WhenAll(dials);
        Assert.That(sessions.Distinct().Count(), Is.EqualTo(1));
        await sessions[0].SubscribeAsync("x/999");
        Assert.That(sessions[0].OriginConsumer.Names, Has.Count.EqualTo(1000));
        // A burst of calls does not delay the shutdown.
        for (var i = 0; i < 1000; i++)
            alice.Moq.Publish($"y/{i}", broadcast);
        await alice.Moq.ShutdownAsync();
        Assert.That(alice.Events[^1], Is.EqualTo("complete"));
    });

    [Test, Fault(42)]
    public void Log_HasOpeningsClosingsAndRefusalsWithTheirCodes() => Scene.Run(async scene =>
    {
        var log = new LogRecorder();
        var alice = scene.Add("alice", new MoqOptions { LoggerFactory = log, MaxSessions = 2 });
        var (bob, carol, dave) = (scene.Add("bob"), scene.Add("carol"), scene.Add("dave"));
        var session = await alice.ConnectAsync(bob);
        await carol.ConnectAsync(alice);
        await dave.ConnectAsync(alice);
        await scene.PauseAsync(1);
        scene.Network.Kill(carol.Moq);
        session.Close(MoqErrorCode.FromApplication(2), "enough");
        await scene.PauseAsync(1);
        // Carol connects again before her old session has timed out.
        await scene.Add("carol").ConnectAsync(alice);
        await scene.PauseAsync(60);
        Assert.That(log.Of("Opened").Select(static entry => entry["IsOutbound"]), Is.EqualTo(new object[] { true, false, false }));
        var closed = log.Of("Closed").Select(static entry => (entry["Code"]!.ToString(), entry["By"], entry["Reason"]));
        Assert.That(closed, Is.EqualTo(new (string?, object?, object?)[]
        {
            ("66 (application 2)", "this side", "enough"), ("65600 (superseded)", "this side", "superseded"),
        }));
        Assert.That(log.Of("Refused").Select(static entry => entry["Code"]!.ToString()), Is.EqualTo(new[] { "11 (bounds exceeded)" }));
    });

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static Router StartForgotten(Scene scene, InMemoryEndpoint endpoint)
    {
        var moq = new Moq(endpoint, scene.Options);
        moq.Publish("x", scene.Saying("hello"));
        return Router.Start(endpoint, moq.ProtocolHandler);
    }

    /// <summary>Represents a transport with a bug: it throws an exception that it must not throw.</summary>
    private sealed class BrokenConnection(ITransportConnection inner) : WrappedConnection(inner)
    {
        public override ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("a bug");
    }
}
