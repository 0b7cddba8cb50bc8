using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>Announcements of a moq-lite-06 peer that break the rules, and routes that begin or cease to lead through this side.</summary>
public sealed class RouteAnnouncementTests
{
    [Test]
    public void PrefixThatIsAnnouncedTwice_EndsTheSession([Values] bool isLooped) => Run(async (scene, announce, session, hop) =>
    {
        var route = isLooped ? new Route(new HopPath([7, hop])) : default;
        await announce.WriteAsync(new AnnounceStart("x", route), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        Assert.That(session.Closed.IsCompleted, Is.False);
        await announce.WriteAsync(new AnnounceStart("x", route), MoqVersion.Lite06);
        var end = await session.Closed;
        Assert.That((end.Code, end.Reason), Is.EqualTo((MoqErrorCode.ProtocolViolation, "The peer announced 'x' twice.")));
    });

    [Test]
    public void PrefixThatWasWithdrawn_CanBeAnnouncedAgain([Values] bool isLooped) => Run(async (scene, announce, session, hop) =>
    {
        var route = isLooped ? new Route(new HopPath([7, hop])) : default;
        await announce.WriteAsync(new AnnounceStart("x", route), MoqVersion.Lite06);
        await announce.WriteAsync(new AnnounceEnd(0), MoqVersion.Lite06);
        await announce.WriteAsync(new AnnounceStart("x"), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        Assert.That((Names(session), session.Closed.IsCompleted), Is.EqualTo(("x", false)));
    });

    [Test]
    public void RouteThatLeadsThroughThisSide_HidesTheBroadcast_UntilItChanges() => Run(static async (scene, announce, session, hop) =>
    {
        var looped = new Route(new HopPath([7, hop]));
        await announce.WriteAsync(new AnnounceStart("x"), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        Assert.That(Names(session), Is.EqualTo("x"));
        await announce.WriteAsync(new AnnounceUpdate(0, looped), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        Assert.That(Names(session), Is.Empty);
        await announce.WriteAsync(new AnnounceUpdate(0, default), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        Assert.That((Names(session), session.Closed.IsCompleted), Is.EqualTo(("x", false)));
        await announce.WriteAsync(new AnnounceStart("x"), MoqVersion.Lite06);
        Assert.That((await session.Closed).Code, Is.EqualTo(MoqErrorCode.ProtocolViolation));
    });

    [Test]
    public void ChangeAndEndOfWhatIsNotLive_EndTheSession([Values] bool isEnd) => Run(async (scene, announce, session, _) =>
    {
        await announce.WriteAsync(new AnnounceStart("x"), MoqVersion.Lite06);
        await announce.WriteAsync(new AnnounceEnd(0), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        if (isEnd)
            await announce.WriteAsync(new AnnounceEnd(0), MoqVersion.Lite06);
        else
            await announce.WriteAsync(new AnnounceUpdate(0, default), MoqVersion.Lite06);
        Assert.That((await session.Closed).Code, Is.EqualTo(MoqErrorCode.ProtocolViolation));
    });

    /// <summary>
    /// The options of the peer state the cost of the connection. Streams are independent, so that announcements may come before them: they
    /// are read when the cost is known, because a source must not be chosen by another one.
    /// </summary>
    [TestCase(null, 1ul)]
    [TestCase(0ul, 0ul)]
    [TestCase(5ul, 5ul)]
    public void Announcements_AreReadWhenTheCostOfTheConnectionIsKnown(ulong? cost, ulong expected) => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var peer = await bob.ConnectAsync(alice.Address, ["moq-lite-06"]);
        var announce = await peer.AcceptBidiAsync();
        await announce.Send.WriteAsync(new AnnounceOk(9, 1), MoqVersion.Lite06);
        await announce.Send.WriteAsync(new AnnounceStart("x", new Route(default, 2, 3)), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        var session = await alice.Moq.ConnectAsync(bob.Address);
        await scene.PauseAsync(1);
        Assert.That(Names(session), Is.Empty);
        await SendAsync(peer, new Setup(Cost: cost));
        await scene.PauseAsync(1);
        await announce.Send.WriteAsync(new AnnounceStart("y", new Route(default, 2, 3)), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        var routes = session.OriginConsumer.Names.Select(name => session.OriginConsumer.Find(name)!.Route).ToList();
        Assert.That(routes.Select(static route => route.WarmCost), Is.EqualTo(new[] { expected + 2, expected + 2 }));
        Assert.That(routes.Select(static route => route.ColdCost), Is.EqualTo(new[] { expected + 3, expected + 3 }));
    });

    /// <summary>A peer that resets its announcements is asked once more, and may then state another id.</summary>
    [Test]
    public void Announcements_HaveTheIdThatThePeerStatesOnTheirStream() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var peer = await bob.ConnectAsync(alice.Address, ["moq-lite-06"]);
        await SendAsync(peer, default);
        var session = await alice.Moq.ConnectAsync(bob.Address);
        foreach (var id in new[] { 9ul, 10ul })
        {
            var announce = await peer.AcceptBidiAsync();
            await announce.Send.WriteAsync(new AnnounceOk(id, 1), MoqVersion.Lite06);
            await announce.Send.WriteAsync(new AnnounceStart("x", new Route(default, 2, 3)), MoqVersion.Lite06);
            await scene.PauseAsync(0.5);
            Assert.That(session.OriginConsumer.Find("x")!.Route.Hops, Is.EqualTo(new[] { id }));
            if (id == 9)
                announce.Send.Reset(0);
        }
    });

    [Test]
    public void AnnouncementBeforeTheAnswer_EndsTheSession() => Scene.Run(static async scene =>
    {
        var alice = scene.Add("alice");
        var peer = await scene.AddRaw("bob").ConnectAsync(alice.Address, ["moq-lite-06"]);
        await SendAsync(peer, default);
        var announce = await peer.AcceptBidiAsync();
        await announce.Send.WriteAsync(new AnnounceStart("x"), MoqVersion.Lite06);
        Assert.That((await peer.Closed).Code, Is.EqualTo(3));
        await scene.PauseAsync(1);
        Assert.That(alice.Closures.Select(static closed => closed.IsRemote), Is.EqualTo(new[] { false }));
    });

    [Test]
    public void AnnouncementsBeyondTheLimit_EndTheSession() => Run(static async (scene, announce, session, _) =>
    {
        var most = SessionLimits.Default.Announcements;
        for (var i = 0; i < most; i++)
            await announce.WriteAsync(new AnnounceStart($"{i}"), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        Assert.That((session.Closed.IsCompleted, session.OriginConsumer.Names.Count), Is.EqualTo((false, most)));
        // One that has ended makes room.
        await announce.WriteAsync(new AnnounceEnd(0), MoqVersion.Lite06);
        await announce.WriteAsync(new AnnounceStart("another"), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        Assert.That(session.Closed.IsCompleted, Is.False);
        await announce.WriteAsync(new AnnounceStart("one more"), MoqVersion.Lite06);
        var closed = await session.Closed;
        Assert.That((closed.Code, closed.IsRemote), Is.EqualTo((MoqErrorCode.BoundsExceeded, false)));
    });

    private static string Names(MoqSession session) => string.Join(' ', session.OriginConsumer.Names);

    /// <summary>Runs a test with the stream on which a peer announces, the session with the peer, and the hop id of this side.</summary>
    private static void Run(Func<Scene, ISendStream, MoqSession, ulong, Task> body) => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var peer = await bob.ConnectAsync(alice.Address, ["moq-lite-06"]);
        using var reader = new MessageReader(await peer.AcceptUniAsync(), MoqVersion.Lite06);
        await reader.ReadTypeAsync();
        var setup = await reader.ReadAsync<Setup>();
        await SendAsync(peer, default);
        var announce = await peer.AcceptBidiAsync();
        await announce.Send.WriteAsync(new AnnounceOk(9, 0), MoqVersion.Lite06);
        await scene.PauseAsync(0.1);
        await body(scene, announce.Send, await alice.Moq.ConnectAsync(bob.Address), setup!.Value.Hop);
    });

    private static async Task SendAsync(ITransportConnection peer, Setup setup)
    {
        var stream = await peer.OpenUniAsync();
        await stream.WriteOpeningAsync(setup, MoqVersion.Lite06);
        stream.Finish();
    }
}
