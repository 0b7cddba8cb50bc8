namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>The original's <c>Moq</c>, word by word.</summary>
public sealed class MoqTests
{
    [Test]
    public void Moq_New() => Scene.Run(async scene =>
    {
        var bob = scene.Add("bob");
        var endpoint = scene.AddRaw("alice");
        await using var alice = new Moq(endpoint, scene.Options);
        await scene.PauseAsync(60);
        Assert.That(
            (scene.Network.Trace.Count, alice.PublishedBroadcasts),
            Is.EqualTo((0L, Array.Empty<BroadcastPath>())),
            "nothing happens by itself");
        Assert.That((await alice.ConnectAsync(bob.Address)).RemoteId, Is.EqualTo(bob.Id), "it dials");
        var carol = scene.Add("carol");
        var failure = await Failure.OfAsync<MoqConnectException>(async () => await carol.Moq.ConnectAsync(endpoint.Address));
        Assert.That(failure.Error, Is.EqualTo(ConnectError.NotServing), "no peer can dial it without its handler on a router");
        Assert.That(() => new Moq(null!), Throws.ArgumentNullException);
    });

    [Test]
    public void Moq_ProtocolHandler() => Scene.Run(async scene =>
    {
        var bob = scene.Add("bob");
        var endpoint = scene.AddRaw("alice");
        await using var alice = new Moq(endpoint, scene.Options);
        Assert.That(alice.ProtocolHandler.Protocols, Does.Contain("moq-lite-03"));
        await using var router = Router.Start(endpoint, alice.ProtocolHandler);
        Assert.That((await bob.Moq.ConnectAsync(endpoint.Address)).RemoteId, Is.EqualTo(endpoint.Id));
    });

    [Test]
    public void Moq_Publish() => Scene.Run(async scene =>
    {
        var (alice, bob, carol) = (scene.Add("alice"), scene.Add("bob"), scene.Add("carol"));
        var present = await bob.ConnectAsync(alice);
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        Assert.That(await Scene.HearAsync(await present.SubscribeAsync("x")), Is.EqualTo("hello"));
        var future = await carol.ConnectAsync(alice);
        Assert.That(await Scene.HearAsync(await future.SubscribeAsync("x")), Is.EqualTo("hello"));
        Assert.That((await alice.ConnectAsync(bob)).OriginConsumer.Names, Is.Empty, "what is published here is not announced back");
    });

    [Test]
    public void Moq_Connect() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await alice.ConnectAsync(bob);
        Assert.That((session.RemoteId, session.IsOutbound), Is.EqualTo((bob.Id, true)));
        Assert.That(await alice.ConnectAsync(bob), Is.EqualTo(session), "the one there is");
        await scene.PauseAsync(1);
        var back = await bob.ConnectAsync(alice);
        Assert.That((back.IsOutbound, scene.Told("is dialed by")), Is.EqualTo((false, 1)), "also for the peer");
    });

    [Test]
    public void Moq_IncomingSessions() => Scene.Run(async scene =>
    {
        var (alice, bob, carol) = (scene.Add("alice"), scene.Add("bob"), scene.Add("carol"));
        var came = new List<EndpointId>();
        using var incoming = alice.Moq.IncomingSessions().Subscribe(session => came.Add(session.RemoteId));
        await bob.ConnectAsync(alice);
        await carol.ConnectAsync(alice);
        await alice.ConnectAsync(scene.Add("dave"));
        await scene.PauseAsync(1);
        Assert.That(came, Is.EqualTo(new[] { bob.Id, carol.Id }), "in order, and none that was dialed from here");
    });

    [Test]
    public void Moq_PublishedBroadcasts() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        using var broadcast = scene.Broadcast();
        var b = alice.Moq.Publish("b", broadcast);
        alice.Moq.Publish("/a/", broadcast);
        Assert.That(alice.Moq.PublishedBroadcasts, Is.EqualTo(new BroadcastPath[] { "a", "b" }));
        b.Dispose();
        Assert.That(alice.Moq.PublishedBroadcasts, Is.EqualTo(new BroadcastPath[] { "a" }));
        broadcast.Finish();
        await scene.PauseAsync(1);
        Assert.That(alice.Moq.PublishedBroadcasts, Is.Empty);
    });

    [Test]
    public void Moq_Shutdown() => Scene.Run(async scene =>
    {
        var (alice, bob, carol) = (scene.Add("alice"), scene.Add("bob"), scene.Add("carol"));
        var (dialed, incoming) = (await alice.ConnectAsync(bob), await carol.ConnectAsync(alice));
        await scene.PauseAsync(1);
        await alice.Moq.ShutdownAsync();
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "opens", "closes 0", "closes 0", "complete" }));
        Assert.That((dialed.Closed.IsCompleted, (await incoming.Closed).IsRemote), Is.EqualTo((true, true)));
        Assert.That(alice.Endpoint.IsOver, Is.False, "the endpoint is the caller's");
        await Failure.OfAsync<ObjectDisposedException>(async () => await alice.ConnectAsync(bob));
    });
}
