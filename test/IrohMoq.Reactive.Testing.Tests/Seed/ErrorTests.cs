using System.Text;

namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>The original's <c>Error</c> and <c>SubscribeError</c> as exceptions that tell code, side, and what to do.</summary>
public sealed class ErrorTests
{
    [Test]
    public void Error_Connect() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        scene.Network.Kill(bob.Moq);
        var failure = await Failure.OfAsync<MoqConnectException>(async () => await alice.ConnectAsync(bob));
        Assert.That((failure.Error, failure.Code, failure.IsRemote), Is.EqualTo((ConnectError.TimedOut, MoqErrorCode.Timeout, false)));
        Assert.That(failure.Message, Does.Contain("Check that the peer is running"), "and what to do");
        Assert.That(failure, Is.InstanceOf<IOException>());
    });

    [Test]
    public void Error_Moq() => Scene.Run(async scene =>
    {
        var (alice, raw) = (scene.Add("alice"), scene.AddRaw("raw"));
        await using var connection = await raw.ConnectAsync(alice.Address, ["moq-lite-03"]);
        MoqSession? session = null;
        using var events = alice.Moq.SessionEvents().Subscribe(happened => session = happened.Session);
        // ANNOUNCE active "x"; then the subscription to one of its tracks is answered by a message of an unknown type.
        await (await connection.AcceptBidiAsync()).Send.WriteAsync(new byte[] { 4, 1, 1, (byte)'x', 0 });
        await scene.PauseAsync(1);
        var hearing = Scene.HearAsync(await session!.SubscribeAsync("x"));
        await (await connection.AcceptBidiAsync()).Send.WriteAsync(Encoding.UTF8.GetBytes("?!"));
        var failure = await Failure.OfAsync<MoqStreamException>(async () => await hearing);
        Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.Decode, true)));
        Assert.That(failure.Message, Does.Contain("SUBSCRIBE"), "names the message");
        Assert.That(session.Closed.IsCompleted, Is.False, "a track's failure is not the session's");
    });

    [Test]
    public void Error_Moq_OfTheSessionItself() => Scene.Run(async scene =>
    {
        var (alice, raw) = (scene.Add("alice"), scene.AddRaw("raw"));
        await using var connection = await raw.ConnectAsync(alice.Address, ["moq-lite-03"]);
        await (await connection.AcceptBidiAsync()).Send.WriteAsync(new byte[] { 4, 7, 1, (byte)'x', 0 });
        await scene.PauseAsync(1);
        var closed = alice.Closures.Single();
        Assert.That((closed.Code, closed.IsRemote), Is.EqualTo((MoqErrorCode.Decode, false)));
        Assert.That((await connection.Closed).Code, Is.EqualTo(5ul), "the peer gets the same code");
    });

    [Test]
    public void Error_Server_Dialing() => Scene.Run(async scene =>
    {
        var (alice, web) = (scene.Add("alice"), scene.AddRaw("web", "h3"));
        var failure = await Failure.OfAsync<MoqConnectException>(async () => await alice.Moq.ConnectAsync(web.Address));
        Assert.That((failure.Error, failure.IsRemote), Is.EqualTo((ConnectError.NoCommonProtocol, true)));
    });

    [Test]
    public void Error_Server_OverAnyConnection() => Scene.Run(async scene =>
    {
        var (client, server) = (scene.AddRaw("client"), scene.AddRaw("server", "h3"));
        var accepting = server.AcceptAsync().AsTask();
        await using var dialed = await client.ConnectAsync(server.Address, ["h3"]);
        await using var accepted = await accepting;
        Func<MoqSession>[] beginnings = [() => MoqSession.Connect(dialed, scene.Options), () => MoqSession.Accept(accepted, scene.Options)];
        foreach (var begin in beginnings)
        {
            var failure = await Failure.OfAsync<MoqException>(() => new ValueTask(Task.FromResult(begin())));
            Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.UnknownAlpn));
            Assert.That(failure.Message, Does.Contain("'h3'"));
        }
    });

    [Test]
    public void Error_InternalConsistency_AfterTheShutdown() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        await alice.Moq.ShutdownAsync();
        var failure = await Failure.OfAsync<ObjectDisposedException>(async () => await alice.ConnectAsync(bob));
        Assert.That(failure.ObjectName, Does.EndWith(nameof(Moq)));
    });

    [Test]
    public void Error_InternalConsistency_TheEndpointDied() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var ends = new List<Exception>();
        alice.Moq.SessionEvents().Subscribe(static _ => { }, ends.Add);
        alice.Moq.IncomingSessions().Subscribe(static _ => { }, ends.Add);
        alice.Moq.BroadcastEvents().Subscribe(static _ => { }, ends.Add);
        var dialing = alice.ConnectAsync(bob);
        await scene.PauseAsync(Scene.Latency / 2);
        scene.Network.Kill(alice.Moq);
        await Failure.OfAsync<MoqException>(async () => await dialing);
        await scene.PauseAsync(1);
        Assert.That(
            ends.Cast<MoqException>().Select(static end => (end.Code, end.IsRemote)),
            Is.EqualTo(Enumerable.Repeat((MoqErrorCode.Transport, false), 3)));
        Assert.That(ends[0].Message, Does.Contain("killed"));
    });

    [Test]
    public void Error_Request() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var live = alice.Moq.Publish("x", broadcast);
        var studio = await (await bob.ConnectAsync(alice)).SubscribeAsync("x");
        var hearing = Scene.HearAsync(studio);
        await track.WaitForSubscriberAsync();
        track.Abort(MoqErrorCode.FromApplication(4));
        var failure = await Failure.OfAsync<MoqStreamException>(async () => await hearing);
        Assert.That((failure.Code.ApplicationCode, failure.IsRemote), Is.EqualTo((4, true)), "the code that the other side gave");
        Assert.That(() => track.AppendGroup(), Throws.InstanceOf<MoqStreamException>().With.Property(nameof(MoqException.IsRemote)).False);
    });

    [Test]
    public void SubscribeError_NotAnnounced() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        var failure = await Failure.OfAsync<MoqNotAnnouncedException>(
            async () => await session.SubscribeAsync("x", TimeSpan.FromSeconds(1)));
        Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.NotFound, false)));
        Assert.That(failure.Message, Does.Contain("'x'").And.Contain("wait longer"));
    });

    [Test]
    public void SubscribeError_Closed() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Saying("hello");
        var live = alice.Moq.Publish("x", broadcast);
        var studio = await (await bob.ConnectAsync(alice)).SubscribeAsync("x");
        var unknown = await Failure.OfAsync<MoqStreamException>(async () => await Scene.HearAsync(studio, "unknown"));
        Assert.That((unknown.Code, unknown.IsRemote), Is.EqualTo((MoqErrorCode.NotFound, true)));
        live.Dispose();
        await studio.Closed;
        var over = await Failure.OfAsync<MoqStreamException>(async () => await Scene.HearAsync(studio));
        Assert.That(over.Code, Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(over.Message, Does.Contain("Subscribe again"));
    });

    [Test]
    public void SubscribeError_SessionClosed() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        var waiting = session.SubscribeAsync("x");
        await scene.PauseAsync(1);
        (await alice.ConnectAsync(bob)).Close(MoqErrorCode.FromApplication(3), "closing time");
        var failure = await Failure.OfAsync<MoqSessionClosedException>(async () => await waiting);
        Assert.That((failure.Code.ApplicationCode, failure.IsRemote), Is.EqualTo((3, true)));
        Assert.That(failure.Message, Does.Contain("closing time").And.Contain("Dial the peer again"));
    });
}
