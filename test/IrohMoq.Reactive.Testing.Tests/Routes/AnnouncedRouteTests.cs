using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Routes;

/// <summary>A peer that announces by hand changes routes; a relay and its reader follow it.</summary>
public sealed class AnnouncedRouteTests
{
    [Test]
    public void ChangeOfHops_IsSeen_AndPassesARelay([Values] bool isNewest) =>
        Run(Version(isNewest), static async (scene, hand, relay, reader) =>
        {
            await hand.BeginAsync("x", new Route(new HopPath([7])));
            var received = await relay.SubscribeAsync("x");
            using var forwarded = relay.Publisher.Moq.Publish("x", received);
            var (near, far) = (Listen(relay.Session), Listen(reader));
            await scene.PauseAsync(1);
            await hand.ChangeAsync(0, "x", new Route(new HopPath([7, 8])));
            await scene.PauseAsync(1);
            await hand.ChangeAsync(0, "x", new Route(new HopPath([7, 8])));
            await scene.PauseAsync(1);
            Assert.That((near, far.Count), Is.EqualTo((new[] { "+7,9", "~7,8,9" }, 2)));
            Assert.That((far[0][..5], far[1][..7]), Is.EqualTo(("+7,9,", "~7,8,9,")), "with the id of the relay");
            Assert.That(received.Closed.IsCompleted, Is.False);
        });

    [Test]
    public void RouteThatBeginsToLeadThroughThePeer_IsWithdrawnThere_AndComesBack([Values] bool isNewest) =>
        Run(Version(isNewest), static async (scene, hand, relay, reader) =>
        {
            await hand.BeginAsync("x", new Route(new HopPath([7])));
            using var forwarded = relay.Publisher.Moq.Publish("x", await relay.SubscribeAsync("x"));
            var (near, far) = (Listen(relay.Session), Listen(reader));
            await scene.PauseAsync(1);
            var through = reader.Shared.Connections.Preferred.Hop;
            await hand.ChangeAsync(0, "x", new Route(new HopPath([7, through])));
            await scene.PauseAsync(1);
            Assert.That((near.Count, far.Count, far[^1][0]), Is.EqualTo((2, 2, '-')));
            await hand.ChangeAsync(0, "x", new Route(new HopPath([7])));
            await scene.PauseAsync(1);
            Assert.That((near.Count, far.Count, far[^1][0]), Is.EqualTo((3, 3, '+')));
            Assert.That(reader.Closed.IsCompleted, Is.False);
        });

    /// <summary>A peer without an id: its broadcasts have no known origin, and a change of the cost alone replaces nothing.</summary>
    [Test]
    public void CostOfAnUnknownOrigin_ChangesWithoutAnEnd_ButNotItsHops() => Run(MoqVersion.Lite06, static async (scene, hand, relay, _) =>
    {
        await hand.BeginAsync("x", new Route(new HopPath([0]), 1, 1));
        var received = await relay.SubscribeAsync("x");
        var near = Listen(relay.Session);
        await scene.PauseAsync(1);
        await hand.ChangeAsync(0, "x", new Route(new HopPath([0]), 5, 5));
        await scene.PauseAsync(1);
        Assert.That((near, received.Route.WarmCost), Is.EqualTo((new[] { "+0,9", "~0,9" }, 6ul)));
        await hand.ChangeAsync(0, "x", new Route(new HopPath([0, 8]), 5, 5));
        await scene.PauseAsync(1);
        Assert.That(near[2..], Is.EqualTo(new[] { "-0,9", "+0,8,9" }), "it may be another origin");
    });

    /// <summary>What was requested below a prefix has the route of the prefix.</summary>
    [Test]
    public void RequestedBroadcast_HasTheRouteOfItsPrefix() => Run(MoqVersion.Lite06, static async (scene, hand, relay, _) =>
    {
        await hand.BeginAsync("room", new Route(new HopPath([7]), 1, 1));
        var child = await relay.Session.RequestBroadcastAsync("room/a");
        await hand.ChangeAsync(0, "room", new Route(new HopPath([7]), 5, 5));
        await scene.PauseAsync(1);
        Assert.That((child.Route.WarmCost, child.Closed.IsCompleted), Is.EqualTo((6ul, false)));
    });

    /// <summary>
    /// A loop of others is no way to the broadcast. If it were one, it could not be announced to a peer of moq-lite-06, which would take it
    /// for a violation.
    /// </summary>
    [TestCase("moq-lite-04", new ulong[] { 7, 8, 7, 9 })]
    [TestCase("moq-lite-05", new ulong[] { 7, 8, 7 })]
    [TestCase("moq-lite-05", new ulong[] { 7, 9 })]
    [TestCase("moq-lite-06", new ulong[] { 7, 9 })]
    public void RouteThatHasPassedAHopTwice_IsNone(string protocol, ulong[] hops)
    {
        _ = MoqVersions.TryFromAlpn(protocol, out var version);
        Run(version, async (scene, hand, relay, _) =>
        {
            var near = Listen(relay.Session);
            await hand.BeginAsync("x", new Route(new HopPath(hops)));
            await hand.BeginAsync("y", new Route(new HopPath(version.HasSetup ? [7] : [7, 9])));
            await scene.PauseAsync(1);
            Assert.That((near, relay.Session.OriginConsumer.Names.Single().ToString()), Is.EqualTo((new[] { "+7,9" }, "y")));
            Assert.That(relay.Session.Closed.IsCompleted, Is.False);
            if (!version.HasSetup)
                return;
            await hand.ChangeAsync(1, "y", new Route(new HopPath([7, 9])));
            await scene.PauseAsync(1);
            Assert.That(near, Is.EqualTo(new[] { "+7,9", "-7,9" }), "it has become one");
        });
    }

    private static MoqVersion Version(bool isNewest) => isNewest ? MoqVersion.Lite06 : MoqVersion.Lite05;

    private static List<string> Listen(MoqSession session)
    {
        var seen = new List<string>();
        session.Announcements(includeRouteChanges: true).Subscribe(change => seen.Add(
            $"{(change.IsRouteChange ? '~' : change.IsActive ? '+' : '-')}{string.Join(',', change.Route.Hops)}"));
        return seen;
    }

    /// <summary>Runs a test with a peer that announces by hand, a relay that has dialed it, and the session of a reader.</summary>
    private static void Run(MoqVersion version, Func<Scene, Hand, Relay, MoqSession, Task> body) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [version.Alpn] };
        var raw = scene.AddRaw("hand", version.Alpn);
        var (relay, reader) = (scene.Add("relay", options), scene.Add("reader", options));
        var dialing = relay.Moq.ConnectAsync(raw.Address);
        var peer = await raw.AcceptAsync();
        if (version.HasSetup)
        {
            var stream = await peer.OpenUniAsync();
            await stream.WriteOpeningAsync(new Setup(Hop: 9), version);
            stream.Finish();
        }

        var announce = await peer.AcceptBidiAsync();
        if (version.HasSetup)
            await announce.Send.WriteAsync(new AnnounceOk(9, 0), version);
        var session = await dialing;
        await body(scene, new Hand(announce.Send, version), new Relay(relay, session), await reader.ConnectAsync(relay));
    });

    private sealed record Relay(Player Publisher, MoqSession Session)
    {
        public Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name) => Session.SubscribeAsync(name);
    }

    private sealed record Hand(ISendStream Stream, MoqVersion Version)
    {
        public ValueTask BeginAsync(BroadcastPath name, Route route) => Version.HasRoutes
            ? Stream.WriteAsync(new AnnounceStart(name, route), Version)
            : Stream.WriteAsync(new Announce(true, name, route.Hops), Version);

        public ValueTask ChangeAsync(ulong id, BroadcastPath name, Route route) => Version.HasRoutes
            ? Stream.WriteAsync(new AnnounceUpdate(id, route), Version)
            : Stream.WriteAsync(new Announce(true, name, route.Hops), Version);
    }
}
