using System.Net;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>One session with a peer, who holds it, and what a dial does.</summary>
public sealed class SessionTableTests
{
    [Test, Fault(1)]
    public void OldSessionEnd_DoesNotRemoveNewer() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        scene.Network.Kill(bob.Moq);
        var again = scene.Add("bob");
        var fromBob = await again.ConnectAsync(alice);
        await scene.PauseAsync(60);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "closes 65600", "opens" }), "the old session has ended, the new one lives");

        var before = scene.Network.Trace.Count;
        var atAlice = await alice.ConnectAsync(again);
        Assert.That(scene.Network.Trace.Count, Is.EqualTo(before), "nothing was dialed");
        Assert.That(atAlice.IsOutbound, Is.False);
        using var late = scene.Saying("late");
        using var live = alice.Moq.Publish("late", late);
        Assert.That(await Scene.HearAsync(await fromBob.SubscribeAsync("late")), Is.EqualTo("late"), "what is published later reaches it");
    });

    [Test, Fault(2)]
    public void ReconnectFromSameInitiator_SupersedesStale() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var old = MoqSession.Connect(await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols), scene.Options);
        await scene.PauseAsync(1);
        var fresh = MoqSession.Connect(await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols), scene.Options);
        var closed = await old.Closed;
        Assert.That(
            (closed.Code, closed.Reason, closed.IsRemote, closed.IsSuperseded, closed.IsRefused),
            Is.EqualTo((MoqErrorCode.Superseded, "superseded", true, true, false)));
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "closes 65600", "opens" }));
        Assert.That(alice.Closures.Single().IsSuperseded, Is.True);

        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        Assert.That(await Scene.HearAsync(await fresh.SubscribeAsync("x")), Is.EqualTo("hello"));
        await Failure.OfAsync<MoqSessionClosedException>(async () => await old.SubscribeAsync("x"));
        Assert.That(alice.Endpoint.Connected.Count, Is.EqualTo(1));
    });

    [Test, Fault(2)]
    public void SupersededWhileItsPeerStillPublishes_IsDrainedInPeace() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        using var told = scene.Saying("told");
        using var live = alice.Moq.Publish("told", told);
        var bob = scene.AddRaw("bob");
        var old = MoqSession.Connect(await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols), scene.Options);
        using var first = scene.Saying("first");
        using var publishing = old.Publish("first", first);
        await scene.PauseAsync(0.1);
        var atAlice = await alice.Moq.ConnectAsync(new EndpointAddr(bob.Id));
        await using var seen = await atAlice.SubscribeAsync("first");
        MoqSession.Connect(await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols), scene.Options);
        await scene.PauseAsync(0.1);
        Assert.That(alice.Closures.Single().IsSuperseded, Is.True);
        using var late = scene.Saying("late");
        using var alsoPublishing = old.Publish("late", late);
        var closed = await old.Closed;
        Assert.That((closed.IsSuperseded, closed.IsRemote), Is.EqualTo((true, true)), "nothing breaks at the other side");
        await scene.PauseAsync(1);
        Assert.That(seen.Closed.IsCompleted, Is.True, "its announcements have ended");
    });

    [Test, Fault(5)]
    public void Connect_ReturnsFreshWhenCachedClosed() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var old = await alice.ConnectAsync(bob);
        old.Close(MoqErrorCode.FromApplication(7), "enough");
        var fresh = await alice.ConnectAsync(bob);
        Assert.That((fresh.Equals(old), fresh.Closed.IsCompleted), Is.EqualTo((false, false)));
        await scene.PauseAsync(1);
        Assert.That(await alice.ConnectAsync(bob), Is.EqualTo(fresh));
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "closes 71", "opens" }));
    });

    [Test, Fault(5)]
    public void Connect_AfterTheIdleTimeout_ReturnsFresh() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var old = await alice.ConnectAsync(bob);
        // Bob's SETUP arrives, for which there is a shorter limit.
        await scene.PauseAsync(1);
        scene.Network.Partition(alice.Moq, bob.Moq);
        Assert.That((await old.Closed).Cause, Is.EqualTo(SessionEndCause.TimedOut));
        scene.Network.Heal(alice.Moq, bob.Moq);
        Assert.That((await alice.ConnectAsync(bob)).Closed.IsCompleted, Is.False);
    });

    [Test]
    public void Connect_TwoCallers_OneDial() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var (first, second) = (alice.ConnectAsync(bob), alice.ConnectAsync(bob));
        Assert.That(await first, Is.EqualTo(await second).And.Not.SameAs(await second));
        Assert.That(scene.Told("bob is dialed by alice"), Is.EqualTo(1));
    });

    [Test, Fault(6)]
    public void FreshAddress_ReachesTheDialInFlight() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        // No endpoint listens there: alone, that dial would fail after its 10 s.
        var first = alice.Moq.ConnectAsync(new EndpointAddr(bob.Id, new IPEndPoint(IPAddress.Parse("10.99.0.1"), 1)));
        await scene.PauseAsync(3);
        Assert.That(first.IsCompleted, Is.False);
        var second = await alice.ConnectAsync(bob);
        Assert.That(await first, Is.EqualTo(second));
        Assert.That(scene.Seconds, Is.LessThan(3.1));
        await scene.PauseAsync(30);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens" }), "what the first address came to matters no more");
    });

    [Test, Fault(6)]
    public void FailedDial_DoesNotFailACallerWithABetterAddress() => Scene.Run(async scene =>
    {
        var (alice, bob, mallory) = (scene.Add("alice"), scene.Add("bob"), scene.Add("mallory"));
        var wrong = alice.Moq.ConnectAsync(new EndpointAddr(bob.Id, [.. mallory.Address.Addresses]));
        await scene.PauseAsync(Scene.Latency);
        var right = await alice.ConnectAsync(bob);
        Assert.That((await wrong).RemoteId, Is.EqualTo(bob.Id));
        Assert.That(right.Closed.IsCompleted, Is.False);
        Assert.That(mallory.Events, Is.Empty);
    });

    [Test, Fault(7)]
    public void CloseByOneHolder_DoesNotEndOther() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var (mine, theirs) = (await alice.ConnectAsync(bob), await alice.ConnectAsync(bob));
        await mine.DisposeAsync();
        await mine.DisposeAsync();
        await scene.PauseAsync(3600 - 1);
        Assert.That(theirs.Closed.IsCompleted, Is.False, "a lease that is returned, even twice, does not end the session of another");
        await Failure.OfAsync<ObjectDisposedException>(async () => await mine.SubscribeAsync("x"));
    });

    [Test, Fault(7)]
    public void ExplicitClose_EndsTheSessionForAll() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var (mine, theirs) = (await alice.ConnectAsync(bob), await alice.ConnectAsync(bob));
        mine.Close(MoqErrorCode.FromApplication(3), "done");
        var closed = await theirs.Closed;
        Assert.That((closed.Code.Value, closed.Reason, closed.IsRemote), Is.EqualTo((67u, "done", false)));
    });

    [Test, Fault(9)]
    public void PeerThatDialsAgainAndAgain_IsRefusedBeyondItsLimit() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice", new MoqOptions { MaxSessionsPerPeer = 3 });
        var bob = scene.AddRaw("bob");
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        using var live = alice.Moq.Publish("x", broadcast);
        var sessions = new List<MoqSession>();
        for (var i = 0; i < 4; i++)
        {
            // Each connection carries a subscription, so that those that are superseded are not closed at once.
            var session = MoqSession.Connect(await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols), scene.Options);
            sessions.Add(session);
            if (i < 3)
                _ = Swallow(Scene.HearAsync(await session.SubscribeAsync("x")));
            await scene.PauseAsync(0.1);
        }

        var refused = await sessions[3].Closed;
        Assert.That((refused.Code, refused.Reason, refused.IsRemote), Is.EqualTo((MoqErrorCode.Internal, "too many sessions", true)));
        Assert.That(sessions[2].Closed.IsCompleted, Is.False);
        Assert.That(
            alice.Events,
            Is.EqualTo(new[] { "opens", "closes 65600", "opens", "closes 65600", "opens" }),
            "the refused one was no session");
        await scene.PauseAsync(6);
        Assert.That(alice.Endpoint.Connected.Count, Is.EqualTo(1), "drained for 5 s at most");
    });

    [Test, Fault(9)]
    public void TotalLimit_RefusesPeersAndCallersWithAReason() => Scene.Run(async scene =>
    {
        var hub = scene.Add("hub", new MoqOptions { MaxSessions = 2 });
        var (first, second, third) = (scene.Add("a"), scene.Add("b"), scene.Add("c"));
        await first.ConnectAsync(hub);
        await second.ConnectAsync(hub);
        await scene.PauseAsync(1);
        var closed = await (await third.ConnectAsync(hub)).Closed;
        Assert.That((closed.Code, closed.IsRemote), Is.EqualTo((MoqErrorCode.Internal, true)));
        var refused = await Failure.OfAsync<MoqConnectException>(async () => await hub.ConnectAsync(third));
        Assert.That(
            (refused.Error, refused.Code, refused.IsRemote),
            Is.EqualTo((ConnectError.TooManySessions, MoqErrorCode.BoundsExceeded, false)));
        Assert.That(hub.Events, Is.EqualTo(new[] { "opens", "opens" }));
        await first.Moq.DisposeAsync();
        await scene.PauseAsync(1);
        Assert.That((await hub.ConnectAsync(third)).Closed.IsCompleted, Is.False, "room again");
    });

    private static async Task Swallow(Task task)
    {
        try
        {
            await task;
        }
        catch (MoqException)
        {
            // The test does not depend on how the reading ends.
        }
    }
}
