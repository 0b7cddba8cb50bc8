using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>The original's <c>MoqSession</c>, member by member, with and without a manager.</summary>
public sealed class MoqSessionTests
{
    [Test]
    public void MoqSession_Connect() => Scene.Run(async scene =>
    {
        var (client, server) = await PairAsync(scene);
        await using var session = MoqSession.Connect(client, scene.Options);
        await using var peer = MoqSession.Accept(server, scene.Options);
        Assert.That((session.IsOutbound, session.Connection), Is.EqualTo((true, client)), "over a connection of any transport");
        using var broadcast = scene.Saying("hello");
        using var live = peer.Publish("x", broadcast);
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("hello"));
    });

    [Test]
    public void MoqSession_Accept() => Scene.Run(async scene =>
    {
        var (client, server) = await PairAsync(scene);
        await using var peer = MoqSession.Connect(client, scene.Options);
        var session = MoqSession.Accept(server, scene.Options);
        Assert.That((session.IsOutbound, session.Connection), Is.EqualTo((false, server)));
        using var broadcast = scene.Saying("hello");
        using var live = peer.Publish("x", broadcast);
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("hello"));
        // It is the only handle of the session.
        await session.DisposeAsync();
        Assert.That(((await peer.Closed).Code, server.Closed.IsCompleted), Is.EqualTo((MoqErrorCode.Cancel, true)));
    });

    [Test]
    public void MoqSession_Subscribe() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        var waiting = session.SubscribeAsync("x");
        await scene.PauseAsync(60);
        Assert.That(waiting.IsCompleted, Is.False, "waits until it is announced");
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        Assert.That(await Scene.HearAsync(await waiting), Is.EqualTo("hello"));
    });

    [Test]
    public void MoqSession_Publish() => Scene.Run(async scene =>
    {
        var (alice, bob, carol) = (scene.Add("alice"), scene.Add("bob"), scene.Add("carol"));
        var (atBob, atCarol) = (await bob.ConnectAsync(alice), await carol.ConnectAsync(alice));
        await scene.PauseAsync(1);
        using var broadcast = scene.Saying("for bob");
        using var live = (await alice.ConnectAsync(bob)).Publish("x", broadcast);
        Assert.That(await Scene.HearAsync(await atBob.SubscribeAsync("x")), Is.EqualTo("for bob"));
        Assert.That(
            (atCarol.OriginConsumer.Names, alice.Moq.PublishedBroadcasts),
            Is.EqualTo((Array.Empty<BroadcastPath>(), Array.Empty<BroadcastPath>())),
            "for this peer only");
        live.Dispose();
        await scene.PauseAsync(1);
        Assert.That(atBob.OriginConsumer.Names, Is.Empty);
    });

    [Test]
    public void MoqSession_Conn() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        Assert.That((session.Connection.IsOutbound, session.Connection.Protocol), Is.EqualTo((true, "moq-lite-06")));
        Assert.That(session.Connection, Is.InstanceOf<InMemoryConnection>(), "the transport's own");
    });

    [Test]
    public void MoqSession_RemoteId() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        Assert.That((session.RemoteId, (await alice.ConnectAsync(bob)).RemoteId), Is.EqualTo((alice.Id, bob.Id)));
    });

    [Test]
    public void MoqSession_Close() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        var peer = await alice.ConnectAsync(bob);
        session.Close(MoqErrorCode.FromApplication(9), "bye");
        session.Close(MoqErrorCode.Decode, "again");
        var (here, there) = (await session.Closed, await peer.Closed);
        Assert.That((here.Code.ApplicationCode, here.Reason, here.IsRemote), Is.EqualTo((9, "bye", false)), "the first close wins");
        Assert.That((there.Code.ApplicationCode, there.Reason, there.IsRemote), Is.EqualTo((9, "bye", true)));
    });

    [Test]
    public void MoqSession_Closed() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        await scene.PauseAsync(3000);
        Assert.That(session.Closed.IsCompleted, Is.False);
        scene.Network.Partition(alice.Moq, bob.Moq);
        var closed = await session.Closed;
        Assert.That(
            (closed.Cause, closed.Code, closed.RemoteId),
            Is.EqualTo((SessionEndCause.TimedOut, MoqErrorCode.Timeout, session.RemoteId)),
            "a value, whatever ended it");
    });

    [Test]
    public void MoqSession_OriginProducer() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var forAll = scene.Saying("for all");
        using var live = bob.Moq.Publish("all", forAll);
        var session = await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        using var broadcast = scene.Saying("mine");
        session.OriginProducer.Publish("x", broadcast.Consume());
        var peer = await alice.ConnectAsync(bob);
        Assert.That(await Scene.HearAsync(await peer.SubscribeAsync("x")), Is.EqualTo("mine"));
        Assert.That(session.OriginProducer.Consume().Names, Is.EqualTo(new BroadcastPath[] { "all", "x" }));
        Assert.That(peer.OriginProducer.Consume().Names, Is.Empty);
    });

    [Test]
    public void MoqSession_OriginConsumer() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        Assert.That(session.OriginConsumer.Find("x"), Is.Null);
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        Assert.That(await Scene.HearAsync(await session.OriginConsumer.WaitAsync("x")), Is.EqualTo("hello"));
        Assert.That(session.OriginConsumer.Names, Is.EqualTo(new BroadcastPath[] { "x" }));
        session.Close();
        await session.Closed;
        Assert.That(session.OriginConsumer.Names, Is.Empty, "the announcements of the peer end with the session");
    });

    private static async Task<(ITransportConnection Client, ITransportConnection Server)> PairAsync(Scene scene)
    {
        var (client, server) = (scene.AddRaw("client"), scene.AddRaw("server", "moq-lite-03"));
        var accepting = server.AcceptAsync().AsTask();
        return (await client.ConnectAsync(server.Address, ["moq-lite-03"]), await accepting);
    }
}
