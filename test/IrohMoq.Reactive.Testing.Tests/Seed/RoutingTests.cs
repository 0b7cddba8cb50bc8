namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>The original's connection deduplication, broadcast fan-out and session lifecycle, step by step.</summary>
public sealed class RoutingTests
{
    [Test]
    public void ConnectionDeduplication_ActiveSession() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await alice.ConnectAsync(bob);
        var (before, at) = (scene.Network.Trace.Count, scene.Seconds);
        Assert.That(await alice.ConnectAsync(bob), Is.EqualTo(session));
        Assert.That(
            (scene.Network.Trace.Count, scene.Seconds - at), Is.EqualTo((before, 0.0)).Within(0.0001), "at once, and nothing is sent");
    });

    [Test]
    public void ConnectionDeduplication_QueuedWaiters() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var waiters = Enumerable.Range(0, 10).Select(_ => alice.ConnectAsync(bob)).ToList();
        await scene.PauseAsync(Scene.Latency);
        waiters.Add(alice.ConnectAsync(bob));
        var sessions = await Task.WhenAll(waiters);
        Assert.That(sessions.Distinct().Count(), Is.EqualTo(1));
        Assert.That(sessions, Is.All.Property(nameof(MoqSession.RemoteId)).EqualTo(bob.Id));
        Assert.That((scene.Told("bob is dialed by"), alice.Events), Is.EqualTo((1, new[] { "opens" })));
    });

    [Test]
    public void FanOut_Step1_Stores() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        using var broadcast = scene.Broadcast();
        using var live = alice.Moq.Publish("x", broadcast);
        await scene.PauseAsync(60);
        Assert.That(
            (alice.Moq.PublishedBroadcasts, scene.Network.Trace.Count),
            Is.EqualTo((new BroadcastPath[] { "x" }, 0L)),
            "kept although there is no session");
    });

    [Test]
    public void FanOut_Step2_AnnouncesToAllSessions() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var sessions = new List<MoqSession>();
        for (var i = 0; i < 5; i++)
            sessions.Add(await scene.Add($"p{i}").ConnectAsync(alice));
        sessions.Add(await scene.Add("asked").ConnectAsync(alice));
        await scene.PauseAsync(1);
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        await scene.PauseAsync(1.5 * Scene.Latency);
        foreach (var session in sessions)
            Assert.That(await Scene.HearAsync(session.OriginConsumer.Find("x")!), Is.EqualTo("hello"), "one latency later it is there");
    });

    [Test]
    public void FanOut_Step3_AnnouncesToFutureSessions() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        using var broadcast = scene.Saying("hello");
        foreach (var name in new[] { "c", "a", "b" })
            alice.Moq.Publish(name, broadcast);
        alice.Moq.Publish("gone", broadcast).Dispose();
        var session = await scene.Add("bob").ConnectAsync(alice);
        await scene.PauseAsync(1);
        Assert.That(session.OriginConsumer.Names, Is.EqualTo(new BroadcastPath[] { "a", "b", "c" }));
    });

    [Test]
    public void FanOut_Step4_RemovesWhatCloses() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        using var broadcast = scene.Broadcast();
        using var stays = scene.Broadcast();
        using var one = alice.Moq.Publish("x", broadcast);
        using var other = alice.Moq.Publish("y", stays);
        await scene.PauseAsync(1);
        broadcast.Finish();
        await scene.PauseAsync(1);
        Assert.That(
            (alice.Moq.PublishedBroadcasts, session.OriginConsumer.Names),
            Is.EqualTo((new BroadcastPath[] { "y" }, new BroadcastPath[] { "y" })));
        var late = await scene.Add("carol").ConnectAsync(alice);
        await scene.PauseAsync(1);
        Assert.That(late.OriginConsumer.Names, Is.EqualTo(new BroadcastPath[] { "y" }));
    });

    [Test]
    public void SessionLifecycle_Step1_Announces_BeforeItIsHandedOut() => Scene.Run(async scene =>
    {
        var recorder = new Recorder();
        var (alice, bob) = (scene.Add("alice", recorder.Options), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        using var live = alice.Moq.Publish("x", broadcast);
        IReadOnlyList<BroadcastPath>? whenTold = null;
        using var events = alice.Moq.SessionEvents().Subscribe(happened => whenTold = happened.Session.OriginProducer.Consume().Names);
        await alice.ConnectAsync(bob);
        Assert.That(
            recorder.Effects.Select(static effect => effect.GetType().Name),
            Is.EqualTo(new[] { "BroadcastPublished", "Start", "Create", "Announce", "Open", "SessionOpened", "Complete", "End" }));
        Assert.That(whenTold, Is.EqualTo(new BroadcastPath[] { "x" }));
    });

    [Test]
    public void SessionLifecycle_Step2_IsStoredByItsPeer() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var (bob, carol) = (scene.Add("bob"), scene.Add("carol"));
        await bob.ConnectAsync(alice);
        var dialed = await alice.ConnectAsync(carol);
        await scene.PauseAsync(1);
        var (withBob, withCarol) = (await alice.ConnectAsync(bob), await alice.ConnectAsync(carol));
        Assert.That((withBob.RemoteId, withCarol, withBob.Equals(withCarol)), Is.EqualTo((bob.Id, dialed, false)));
        Assert.That(scene.Told("is dialed by"), Is.EqualTo(2), "either way it came");
    });

    [Test]
    public void SessionLifecycle_Step3_IsWatched() => Scene.Run(async scene =>
    {
        var (alice, bob, carol) = (scene.Add("alice"), scene.Add("bob"), scene.Add("carol"));
        await bob.ConnectAsync(alice);
        (await alice.ConnectAsync(carol)).Close();
        scene.Network.Kill(bob.Moq);
        await scene.PauseAsync(31);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "opens", "closes 0", "closes 3" }), "however it ends");
        Assert.That(alice.Closures.Select(static closed => closed.RemoteId), Is.EqualTo(new[] { carol.Id, bob.Id }));
    });

    [Test]
    public void SessionLifecycle_Step4_FulfilsWaiters() => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        // The peer connects during the wait.
        var theirs = great.ConnectAsync(small);
        await scene.PauseAsync(2.5 * Scene.Latency);
        var (first, second) = (small.ConnectAsync(great), small.ConnectAsync(great));
        await scene.PauseAsync(0.6 * Scene.Latency);
        Assert.That((first.IsCompleted, second.IsCompleted), Is.EqualTo((true, true)));
        Assert.That(await first, Is.EqualTo(await second));
        await theirs;
    });
}
