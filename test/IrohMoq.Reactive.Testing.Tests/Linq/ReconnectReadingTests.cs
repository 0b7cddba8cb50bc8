using System.Reactive.Linq;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary>Announcements and subscriptions on <c>moq.Reconnect</c> continue in the next session.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReconnectReadingTests
{
    private static readonly ReconnectOptions Exact = new() { Jitter = 0 };

    [Test]
    public void Republished_AfterEachReconnection() => Peers.Run(async peers =>
    {
        using var live = peers.Bob.Publish("studio/bob", peers.NewBroadcast().Broadcast);
        using var sessions = peers.Bob.Reconnect(peers.ToAlice, Exact).Subscribe();
        using var announced = peers.Note(peers.Alice.Announcements());
        await peers.PauseAsync(20);
        await peers.CloseIncomingAsync(MoqErrorCode.Cancel);
        await peers.PauseAsync(20);
        Assert.That(
            announced.Items.Select(static a => (a.Path, a.IsActive)),
            Is.EqualTo(new (BroadcastPath, bool)[] { ("studio/bob", true), ("studio/bob", false), ("studio/bob", true) }));
    });

    [TestCase(false, Description = "Closed by the peer.")]
    [TestCase(true, Description = "The peer vanishes and comes back at the same address.")]
    public void Subscription_ContinuesWithTheNewestGroup(bool vanishes) => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("studio/main", broadcast);
        using var lines = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact)
            .Select(static session => session.WatchBroadcast("studio/main")).Switch()
            .Select(static studio => studio.Track("lines").Frames().EndOnFailure()).Switch()
            .Select(Peers.Text));
        await peers.PauseAsync(0.1);
        Peers.Write(track, "a");
        await peers.PauseAsync(20);
        if (vanishes)
            peers.Network.Partition(peers.Alice, peers.Bob);
        else
            await peers.CloseIncomingAsync(MoqErrorCode.Cancel);
        await peers.PauseAsync(0.2);
        Peers.Write(track, "lost");
        await peers.PauseAsync(0.2);
        Peers.Write(track, "b");
        await peers.PauseAsync(60);
        peers.Network.Heal(peers.Alice, peers.Bob);
        await peers.PauseAsync(20);
        Peers.Write(track, "c");
        await peers.PauseAsync(1);
        Assert.That(lines.Items, Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(lines.IsOver, Is.False);
    });

    [Test]
    public void SessionLostWithinAGroup_DoesNotEndTheReading() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("studio/main", broadcast);
        using var lines = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact)
            .Select(static session => session.WatchBroadcast("studio/main")).Switch()
            .Select(static studio => studio.Track("lines").Frames().EndOnFailure()).Switch()
            .Select(Peers.Text));
        await peers.PauseAsync(0.1);
        var group = track.AppendGroup();
        group.Write("half"u8);
        await peers.PauseAsync(1);
        // The manager and the endpoint of the publisher end in the middle of a group.
        await peers.Alice.DisposeAsync();
        await peers.Network.EndpointOf(peers.Alice).DisposeAsync();
        group.Dispose();
        await peers.PauseAsync(1);
        Assert.That((lines.Items, lines.IsOver), Is.EqualTo((new[] { "half" }, false)));
    });

    [TestCase(0)]
    [TestCase(0.001)]
    [TestCase(0.1)]
    public void TrackAbortedBeforeTheSessionEnds_DoesNotEndTheReading(double seconds) => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("studio/main", broadcast);
        using var lines = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact)
            .Select(static session => session.WatchBroadcast("studio/main")).Switch()
            .Select(static studio => studio.Track("lines").Frames().EndOnFailure()).Switch());
        await peers.PauseAsync(0.1);
        Peers.Write(track, "a");
        await peers.PauseAsync(1);
        track.Abort(MoqErrorCode.Dropped);
        await peers.PauseAsync(seconds);
        await peers.CloseIncomingAsync(MoqErrorCode.Cancel);
        await peers.PauseAsync(0.5);
        Assert.That((lines.Items.Count, lines.IsOver), Is.EqualTo((1, false)));
    });
}
