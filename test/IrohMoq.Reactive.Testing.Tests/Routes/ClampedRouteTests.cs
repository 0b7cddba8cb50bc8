using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Routes;

/// <summary>
/// A peer that requests the announcements below a prefix is told of a route above it as one of the prefix itself: whatever is below the
/// prefix can be requested. Several such routes are one announcement.
/// </summary>
public sealed class ClampedRouteTests
{
    private const MoqVersion Version = MoqVersion.Lite06;

    [Test]
    public void OfferAboveTheRequestedPrefix_IsAnnouncedAsThePrefix_UntilItIsWithdrawn([Values("", "room")] string offered) =>
        Run(MoqVersion.Lite06, async (scene, alice, peer) =>
        {
            var requests = alice.Moq.OpenBroadcastRequests(offered);
            var announcements = await Listener.OpenAsync(scene, peer, "room/alice");
            Assert.That(announcements.Seen, Is.EqualTo(new[] { "ok 1", "+0 ''" }));
            requests.Dispose();
            await scene.PauseAsync(1);
            requests = alice.Moq.OpenBroadcastRequests(offered);
            await scene.PauseAsync(1);
            requests.Dispose();
            await scene.PauseAsync(1);
            Assert.That(announcements.Seen, Is.EqualTo(new[] { "ok 1", "+0 ''", "-0", "+1 ''", "-1" }));
        });

    [Test]
    public void NamesBelowTheRequestedPrefix_CanBeRequestedOverIt() => Run(MoqVersion.Lite06, static async (scene, alice, peer) =>
    {
        using var serving = alice.Moq.BroadcastRequests("room").Subscribe(request => request.Accept(scene.Saying("on demand")));
        await Listener.OpenAsync(scene, peer, "room/alice");
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteOpeningAsync(new TrackRequest("room/alice/cam", "t"), Version);
        using var reader = new MessageReader(stream.Receive, Version);
        Assert.That(await reader.ReadAsync<TrackInfo>(), Is.Not.Null);
    });

    /// <summary>The longest one wins. A change that the peer could not see is not sent.</summary>
    [Test]
    public void SeveralRoutesAboveThePrefix_AreOneAnnouncement() => Run(MoqVersion.Lite06, static async (scene, alice, peer) =>
    {
        var all = alice.Moq.OpenBroadcastRequests("");
        var announcements = await Listener.OpenAsync(scene, peer, "room/alice");
        var room = alice.Moq.OpenBroadcastRequests("room");
        using var broadcast = scene.Saying("hello");
        broadcast.SetCost(5);
        await scene.PauseAsync(1);
        Assert.That(announcements.Seen, Is.EqualTo(new[] { "ok 1", "+0 ''" }), "both have the same route");
        var live = alice.Moq.Publish("room/alice", broadcast);
        await scene.PauseAsync(1);
        Assert.That(announcements.Seen[2..], Is.EqualTo(new[] { "~0 5" }), "what has the name itself wins, whatever it costs");
        all.Dispose();
        broadcast.SetCost(7);
        await scene.PauseAsync(1);
        Assert.That(announcements.Seen[3..], Is.EqualTo(new[] { "~0 7" }));
        live.Dispose();
        await scene.PauseAsync(1);
        Assert.That(announcements.Seen[4..], Is.EqualTo(new[] { "-0", "+1 ''" }), "the broadcast has ended, and the offer has not");
        room.Dispose();
        await scene.PauseAsync(1);
        Assert.That(announcements.Seen[6..], Is.EqualTo(new[] { "-1" }));
    });

    /// <summary>A broadcast of this process serves no names below its own.</summary>
    [Test]
    public void BroadcastAboveTheRequestedPrefix_IsNotAnnounced() => Run(MoqVersion.Lite06, static async (scene, alice, peer) =>
    {
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("room", broadcast);
        using var beside = alice.Moq.OpenBroadcastRequests("room/al");
        var announcements = await Listener.OpenAsync(scene, peer, "room/alice");
        Assert.That(announcements.Seen, Is.EqualTo(new[] { "ok 0" }));
    });

    /// <summary>What a peer of moq-lite-06 has announced is a route, also where it is forwarded.</summary>
    [Test]
    public void ForwardedRouteAboveTheRequestedPrefix_IsAnnouncedAsThePrefix() =>
        Run(MoqVersion.Lite06, static async (scene, alice, peer) =>
        {
            var origin = scene.Add("origin");
            using var broadcast = scene.Saying("hello");
            using var live = origin.Moq.Publish("room", broadcast);
            using var forwarded = alice.Moq.Publish("room", await (await alice.ConnectAsync(origin)).SubscribeAsync("room"));
            var announcements = await Listener.OpenAsync(scene, peer, "room/alice");
            Assert.That(announcements.Seen, Is.EqualTo(new[] { "ok 1", "+0 '' 1" }));
            live.Dispose();
            await scene.PauseAsync(1);
            Assert.That(announcements.Seen[2..], Is.EqualTo(new[] { "-0" }));
        });

    /// <summary>Before moq-lite-06 an announcement is the name of a broadcast.</summary>
    [Test]
    public void UpToMoqLite05_NothingAboveThePrefixIsAnnounced() => Run(MoqVersion.Lite05, static async (scene, alice, peer) =>
    {
        using var requests = alice.Moq.OpenBroadcastRequests("room");
        var announcements = await Listener.OpenAsync(scene, peer, "room/alice", MoqVersion.Lite05);
        Assert.That(announcements.Seen, Is.EqualTo(new[] { "ok 0" }));
    });

    private static void Run(MoqVersion version, Func<Scene, Player, ITransportConnection, Task> body) => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var peer = await scene.AddRaw("peer").ConnectAsync(alice.Address, [version.Alpn]);
        var setup = await peer.OpenUniAsync();
        await setup.WriteOpeningAsync(default(Setup), version);
        setup.Finish();
        await body(scene, alice, peer);
        Assert.That(peer.Closed.IsCompleted, Is.False);
        peer.Close(0, "");
    });

    /// <summary>Reads the announcements of one request, as short texts.</summary>
    private sealed class Listener
    {
        private int _started;

        public List<string> Seen { get; } = [];

        public static async Task<Listener> OpenAsync(
            Scene scene, ITransportConnection peer, BroadcastPath prefix, MoqVersion version = MoqVersion.Lite06)
        {
            var stream = await peer.OpenBidiAsync();
            await stream.Send.WriteOpeningAsync(new AnnounceRequest(prefix), version);
            var listener = new Listener();
            _ = listener.ReadAsync(stream.Receive, version);
            await scene.PauseAsync(1);
            return listener;
        }

        private async Task ReadAsync(IReceiveStream stream, MoqVersion version)
        {
            using var reader = new MessageReader(stream, version);
            try
            {
                Seen.Add($"ok {(await reader.ReadAsync<AnnounceOk>())!.Value.ActiveCount}");
                while (version.HasRoutes && await reader.ReadAnnounceResponseAsync() is { } message)
                {
                    if (message.Start is { } start)
                        Seen.Add($"+{_started++} '{start.Suffix}'{Cost(start.Route)}");
                    else if (message.Update is { } update)
                        Seen.Add($"~{update.Id}{Cost(update.Route)}");
                    else
                        Seen.Add($"-{message.End!.Value.Id}");
                }
            }
            catch (TransportClosedException)
            {
                // The test is over.
            }
        }

        private static string Cost(IrohMoq.Reactive.Wire.Route route) => route.WarmCost == 0 ? "" : $" {route.WarmCost}";
    }
}
