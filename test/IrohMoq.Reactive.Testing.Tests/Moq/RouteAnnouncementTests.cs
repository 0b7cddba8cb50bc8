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

    /// <summary>The first announcement precedes the options of the peer, which state the cost of the connection.</summary>
    [Test]
    public void CostOfTheConnection_CountsFromTheOptionsOfThePeerOn() => Scene.Run(static async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var peer = await bob.ConnectAsync(alice.Address, ["moq-lite-06"]);
        var announce = await peer.AcceptBidiAsync();
        await announce.Send.WriteAsync(new AnnounceOk(9, 2), MoqVersion.Lite06);
        await announce.Send.WriteAsync(new AnnounceStart("x"), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        var session = await alice.Moq.ConnectAsync(bob.Address);
        await SendAsync(peer, new Setup(Cost: 5));
        await scene.PauseAsync(1);
        await announce.Send.WriteAsync(new AnnounceStart("y"), MoqVersion.Lite06);
        await scene.PauseAsync(1);
        var costs = session.OriginConsumer.Names.Select(name => session.OriginConsumer.Find(name)!.Route.WarmCost);
        Assert.That(costs, Is.EqualTo(new ulong[] { 1, 5 }));
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
