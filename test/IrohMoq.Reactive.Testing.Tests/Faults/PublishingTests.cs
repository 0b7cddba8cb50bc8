using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>A name is one broadcast, for everybody the same, for as long as its producer and its registration live.</summary>
public sealed class PublishingTests
{
    [Test, Fault(17)]
    public void Republish_OldClosed_NewStays() => Scene.Run(async scene =>
    {
        var (alice, bob, carol) = (scene.Add("alice"), scene.Add("bob"), scene.Add("carol"));
        var session = await bob.ConnectAsync(alice);
        using var old = scene.Saying("old");
        using var fresh = scene.Saying("new");
        var first = alice.Moq.Publish("x", old);
        using var second = alice.Moq.Publish("x", fresh);
        old.Finish();
        first.Dispose();
        await scene.PauseAsync(1);
        Assert.That(alice.Moq.PublishedBroadcasts, Is.EqualTo(new BroadcastPath[] { "x" }));
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("new"));
        Assert.That(
            await Scene.HearAsync(await (await carol.ConnectAsync(alice)).SubscribeAsync("x")),
            Is.EqualTo("new"),
            "also for a later subscriber");
    });

    [Test, Fault(18)]
    public void Republish_AllPeersSwitch() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        using var old = scene.Saying("old");
        using var first = alice.Moq.Publish("x", old);
        var told = new Dictionary<string, List<string>>();
        var sessions = new List<MoqSession>();
        var changes = new List<(BroadcastChange, BroadcastEndedBy?)>();
        using var broadcasts = alice.Moq.BroadcastEvents().Subscribe(happened => changes.Add((happened.Change, happened.EndedBy)));
        await FollowAsync("bob");
        await FollowAsync("carol");
        using var fresh = scene.Saying("new");
        var second = alice.Moq.Publish("x", fresh);
        await scene.PauseAsync(1);
        await FollowAsync("dave");
        foreach (var session in sessions)
            Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("new"));
        second.Dispose();
        await scene.PauseAsync(1);
        Assert.That(told["bob"], Is.EqualTo(new[] { "began", "ended", "began", "ended" }), "ended, then active");
        Assert.That(told["carol"], Is.EqualTo(told["bob"]));
        Assert.That(told["dave"], Is.EqualTo(new[] { "began", "ended" }), "of what was before its session it hears nothing");
        Assert.That(changes, Is.EqualTo(new (BroadcastChange, BroadcastEndedBy?)[]
        {
            (BroadcastChange.Announced, null),
            (BroadcastChange.Ended, BroadcastEndedBy.Replacement),
            (BroadcastChange.Replaced, null),
            (BroadcastChange.Ended, BroadcastEndedBy.Registration),
        }));

        async Task FollowAsync(string name)
        {
            var session = await scene.Add(name).ConnectAsync(alice);
            sessions.Add(session);
            var list = told[name] = [];
            session.Announcements().Subscribe(announcement => list.Add(announcement.IsActive ? "began" : "ended"));
            await scene.PauseAsync(1);
        }
    });

    [Test, Fault(20)]
    public void DisposeRegistration_Unannounces() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Saying("hello");
        var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        var studio = await session.SubscribeAsync("x");
        live.Dispose();
        live.Dispose();
        Assert.That(alice.Moq.PublishedBroadcasts, Is.Empty, "at once, for the caller");
        Assert.That(await studio.Closed, Is.EqualTo(new BroadcastEnd(BroadcastEndCause.Withdrawn, MoqErrorCode.Cancel)));
        Assert.That(session.OriginConsumer.Names, Is.Empty);
        Assert.That(broadcast.Closed.IsCompleted, Is.False, "the broadcast itself continues");
        using var again = alice.Moq.Publish("y", broadcast);
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("y")), Is.EqualTo("hello"));
    });

    [TestCase(false)]
    [TestCase(true)]
    [Fault(19)]
    public void ProducerDropped_Unannounces(bool isFinished) => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        var by = new List<BroadcastEndedBy?>();
        using var broadcasts = alice.Moq.BroadcastEvents().Subscribe(happened => by.Add(happened.EndedBy));
        var session = await bob.ConnectAsync(alice);
        var studio = await session.SubscribeAsync("x");
        if (isFinished)
            broadcast.Finish();
        broadcast.Dispose();
        await studio.Closed;
        await scene.PauseAsync(1);
        Assert.That(
            (alice.Moq.PublishedBroadcasts, session.OriginConsumer.Names),
            Is.EqualTo((Array.Empty<BroadcastPath>(), Array.Empty<BroadcastPath>())));
        Assert.That(by, Is.EqualTo(new BroadcastEndedBy?[] { null, BroadcastEndedBy.Producer }));
    });

    [Test, Fault(20)]
    public void BroadcastThatIsOver_IsPublishedToNoPeer() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        using var broadcast = scene.Saying("hello");
        broadcast.Finish();
        using var live = alice.Moq.Publish("x", broadcast);
        await scene.PauseAsync(1);
        Assert.That(
            (alice.Moq.PublishedBroadcasts, session.OriginConsumer.Names),
            Is.EqualTo((Array.Empty<BroadcastPath>(), Array.Empty<BroadcastPath>())));
    });

    [Test, Fault(20)]
    public void MistakesOfPublishing_AreTheCallersAtOnce() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        using var broadcast = scene.Broadcast();
        using var onTheSystemsClock = new BroadcastProducer();
        Assert.That(() => alice.Moq.Publish("x", (BroadcastProducer)null!), Throws.ArgumentNullException);
        Assert.That(() => alice.Moq.Publish("x", onTheSystemsClock), Throws.ArgumentException.With.Message.Contains("clock"));
        Assert.That(() => alice.Moq.Publish(new string('x', 70_000), broadcast), Throws.InstanceOf<ArgumentException>());
        Assert.That(alice.Moq.PublishedBroadcasts, Is.Empty);
        await alice.Moq.ShutdownAsync();
        Assert.That(() => alice.Moq.Publish("x", broadcast), Throws.InstanceOf<ObjectDisposedException>());
    });

    [Test, Fault(21)]
    public void NamesNormalized() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        var waiting = session.SubscribeAsync("/studio//main");
        await scene.PauseAsync(1);
        using var old = scene.Saying("old");
        using var fresh = scene.Saying("new");
        using var first = alice.Moq.Publish("studio/main/", old);
        Assert.That(await Scene.HearAsync(await waiting), Is.EqualTo("old"), "also for a subscriber that waited before");
        using var second = alice.Moq.Publish("/studio/main", fresh);
        Assert.That(alice.Moq.PublishedBroadcasts, Is.EqualTo(new BroadcastPath[] { "studio/main" }), "one name, one entry");
        await scene.PauseAsync(1);
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("studio/main/")), Is.EqualTo("new"));
    });

    [Test, Fault(17), Fault(18)]
    public void DuplicateRules() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var there = await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        var here = await alice.ConnectAsync(bob);
        using var forAll = scene.Saying("for all");
        using var forBob = scene.Saying("for bob");
        using var one = alice.Moq.Publish("x", forAll);
        await scene.PauseAsync(1);
        // One broadcast has two names, and one name has another broadcast in this session than in all others.
        using var other = alice.Moq.Publish("y", forAll);
        var own = here.Publish("x", forBob);
        await scene.PauseAsync(1);
        Assert.That(await Scene.HearAsync(await there.SubscribeAsync("x")), Is.EqualTo("for bob"));
        Assert.That(await Scene.HearAsync(await there.SubscribeAsync("y")), Is.EqualTo("for all"));
        Assert.That(
            alice.Moq.PublishedBroadcasts,
            Is.EqualTo(new BroadcastPath[] { "x", "y" }),
            "what one session sees is no matter of the others");
        Assert.That(await Scene.HearAsync(await (await scene.Add("carol").ConnectAsync(alice)).SubscribeAsync("x")), Is.EqualTo("for all"));
        one.Dispose();
        await scene.PauseAsync(1);
        Assert.That(
            await Scene.HearAsync(await there.SubscribeAsync("x")),
            Is.EqualTo("for bob"),
            "not withdrawn by the disposal of another registration");
        own.Dispose();
        await scene.PauseAsync(1);
        Assert.That(there.OriginConsumer.Names, Is.EqualTo(new BroadcastPath[] { "y" }));
    });

    [Test, Fault(22)]
    public void PublishedBroadcasts_AfterTheEnd_Throws() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        using var broadcast = scene.Broadcast();
        using var live = alice.Moq.Publish("x", broadcast);
        await alice.Moq.ShutdownAsync();
        Assert.That(() => alice.Moq.PublishedBroadcasts, Throws.InstanceOf<ObjectDisposedException>());
    });

    [Test, Fault(23)]
    public void SessionsThatCameAndWent_LeaveNothingAtALiveBroadcast() => Scene.Run(async scene =>
    {
        // Players would keep the sessions in their lists of closures.
        var (alice, bob) = (scene.Network.AddPeer("alice"), scene.Network.AddPeer("bob"));
        using var broadcast = scene.Saying("hello");
        using var live = alice.Publish("x", broadcast);
        var gone = new List<WeakReference>();
        for (var i = 0; i < 20; i++)
            gone.Add(await ComeAndGoAsync(scene, alice, bob));
        await scene.PauseAsync(60);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.That(gone.Count(static origin => origin.IsAlive), Is.Zero, "the broadcast refers to no origin any more");
        Assert.That(
            await Scene.HearAsync(await (await bob.ConnectAsync(scene.Network.AddressOf(alice))).SubscribeAsync("x")), Is.EqualTo("hello"));
    });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> ComeAndGoAsync(Scene scene, Moq publisher, Moq peer)
    {
        await using var session = await peer.ConnectAsync(scene.Network.AddressOf(publisher));
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("hello"));
        var atPublisher = await publisher.ConnectAsync(scene.Network.AddressOf(peer));
        session.Close();
        await scene.PauseAsync(1);
        return new WeakReference(atPublisher.OriginProducer);
    }
}
