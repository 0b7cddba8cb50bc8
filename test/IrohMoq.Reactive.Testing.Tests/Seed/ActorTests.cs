using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>The four messages and three completions of the event loop of the original are events of the pipeline.</summary>
public sealed class ActorTests
{
    [Test]
    public void ActorMessage_HandleSession() => Scene.Run(async scene =>
    {
        var recorder = new Recorder();
        var (alice, bob) = (scene.Add("alice", recorder.Options), scene.Add("bob"));
        await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        Assert.That(recorder.Events, Is.EqualTo(new MoqEvent[] { new MoqEvent.ConnectionArrived(Connection(recorder), bob.Id) }));
        var session = Connection(recorder);
        Assert.That(recorder.Effects, Is.EqualTo(new MoqEffect[]
        {
            new SessionEffect.Create(session, false), new SessionEffect.Open(session), new NoticeEffect.SessionOpened(session),
        }));
    });

    [Test]
    public void ActorMessage_LocalBroadcast() => Scene.Run(async scene =>
    {
        var recorder = new Recorder();
        var alice = scene.Add("alice", recorder.Options);
        using var broadcast = scene.Broadcast();
        using var live = alice.Moq.Publish("/x", broadcast);
        Assert.That(recorder.Events, Is.Empty, "posted, not folded on the caller's stack");
        await scene.PauseAsync(1);
        Assert.That(recorder.Events.Cast<MoqEvent.BroadcastPublished>().Single().Name, Is.EqualTo(new BroadcastPath("x")));
    });

    [Test]
    public void ActorMessage_Connect() => Scene.Run(async scene =>
    {
        var recorder = new Recorder();
        var (alice, bob) = (scene.Add("alice", recorder.Options), scene.Add("bob"));
        var connecting = alice.ConnectAsync(bob);
        await scene.PauseAsync(Scene.Latency);
        var requested = (MoqEvent.ConnectRequested)recorder.Events.Single();
        Assert.That(recorder.Effects, Is.EqualTo(new MoqEffect[] { new DialEffect.Start(requested.Dial, bob.Address) }));
        await connecting;
        Assert.That(recorder.Effects, Has.Member(new ReplyEffect.Complete(requested.Caller, Connection(recorder))), "the reply");
    });

    [Test]
    public void ActorMessage_GetPublished() => Scene.Run(async scene =>
    {
        var recorder = new Recorder();
        var alice = scene.Add("alice", recorder.Options);
        using var broadcast = scene.Broadcast();
        using var live = alice.Moq.Publish("x", broadcast);
        Assert.That(alice.Moq.PublishedBroadcasts, Is.EqualTo(new BroadcastPath[] { "x" }));
        await scene.PauseAsync(1);
        _ = alice.Moq.PublishedBroadcasts;
        await scene.PauseAsync(1);
        Assert.That(recorder.Names, Is.EqualTo(new[] { "BroadcastPublished" }), "a query is no event: it is answered where it is asked");
    });

    [Test]
    public void Completion_SessionClosed() => Scene.Run(async scene =>
    {
        var recorder = new Recorder();
        var (alice, bob) = (scene.Add("alice", recorder.Options), scene.Add("bob"));
        (await bob.ConnectAsync(alice)).Close(MoqErrorCode.FromApplication(7), "bye");
        await scene.PauseAsync(1);
        var session = Connection(recorder);
        Assert.That(recorder.Events[^1], Is.EqualTo(new MoqEvent.ConnectionEnded(session)));
        Assert.That(recorder.Effects.TakeLast(4), Is.EqualTo(new MoqEffect[]
        {
            new SessionEffect.End(session), new NoticeEffect.SessionEnded(session), new ConnectionEffect.Forget(session),
            new SessionEffect.Forget(session),
        }));
        Assert.That(await alice.ConnectAsync(bob), Is.Not.Null, "removed: it is dialed afresh");
        Assert.That(recorder.Names, Has.Member("DialSucceeded"));
    });

    [Test]
    public void Completion_BroadcastClosed() => Scene.Run(async scene =>
    {
        var recorder = new Recorder();
        var alice = scene.Add("alice", recorder.Options);
        using var broadcast = scene.Broadcast();
        using var live = alice.Moq.Publish("x", broadcast);
        broadcast.Finish();
        await scene.PauseAsync(1);
        Assert.That(recorder.Names, Is.EqualTo(new[] { "BroadcastPublished", "BroadcastEnded" }));
        var published = (MoqEvent.BroadcastPublished)recorder.Events[0];
        var ended = (MoqEvent.BroadcastEnded)recorder.Events[1];
        Assert.That(
            ended,
            Is.EqualTo(new MoqEvent.BroadcastEnded(published.Broadcast, "x", BroadcastEndedBy.Producer)),
            "the number of the published broadcast");
        live.Dispose();
        await scene.PauseAsync(1);
        Assert.That(recorder.Effects.OfType<NoticeEffect.BroadcastEnded>(), Has.Exactly(1).Items);
    });

    [Test]
    public void Completion_ConnectCompleted() => Scene.Run(async scene =>
    {
        var recorder = new Recorder();
        var (alice, bob) = (scene.Add("alice", recorder.Options), scene.Add("bob"));
        await alice.ConnectAsync(bob);
        Assert.That(recorder.Names, Is.EqualTo(new[] { "ConnectRequested", "DialSucceeded" }));
        recorder.Events.Clear();
        await Failure.OfAsync<MoqConnectException>(async () => await alice.Moq.ConnectAsync(new EndpointAddr(scene.Add("carol").Id)));
        Assert.That(recorder.Names, Is.EqualTo(new[] { "ConnectRequested", "DialFailed" }));
        Assert.That(
            recorder.Effects[^1], Is.EqualTo(new DialEffect.End(((MoqEvent.DialFailed)recorder.Events[1]).Dial)), "nothing is kept of it");
    });

    /// <summary>Returns the number of the only connection.</summary>
    private static long Connection(Recorder recorder) => recorder.Effects.OfType<SessionEffect.Create>().Single().Session;
}
