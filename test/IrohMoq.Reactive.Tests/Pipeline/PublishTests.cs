using System.Reactive.Linq;
using System.Text;

namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
public sealed class PublishTests
{
    [Test]
    public void PublishedNames_TellWhatTheCallerDidBefore() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        using var broadcast = peers.Broadcast();
        var b = alice.Publish("/b/", broadcast);
        var a = alice.Publish("a", broadcast);
        Assert.That(alice.PublishedBroadcasts, Is.EqualTo(new BroadcastPath[] { "a", "b" }));
        var successor = alice.Publish("b", broadcast);
        b.Dispose();
        a.Dispose();
        Assert.That(
            alice.PublishedBroadcasts, Is.EqualTo(new BroadcastPath[] { "b" }), "the old registration does not take its successor back");
        await peers.WaitAsync(10);
        Assert.That(alice.PublishedBroadcasts, Is.EqualTo(new BroadcastPath[] { "b" }));
        successor.Dispose();
        Assert.That(alice.PublishedBroadcasts, Is.Empty);
    });

    [Test]
    public void PresentAndFutureSessions_SeeABroadcastBeginEndAndBeReplaced() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        var seen = new List<string>();
        var session = await bob.ConnectAsync(peers.Addr(1));
        using var announcements = session.Announcements().Subscribe(a => seen.Add($"{a.Path} {a.IsActive}"), () => seen.Add("end"));
        using var old = peers.Broadcast();
        using var first = alice.Publish("studio/main", old);
        await peers.WaitAsync(100);
        using var fresh = peers.Broadcast();
        var second = alice.Publish("studio/main", fresh);
        await peers.WaitAsync(100);
        old.Finish();
        first.Dispose();
        await peers.WaitAsync(100);
        Assert.That(seen, Is.EqualTo(new[] { "studio/main True", "studio/main False", "studio/main True" }));

        var (carol, _) = peers.Add(3);
        var late = await carol.ConnectAsync(peers.Addr(1));
        Assert.That(await late.SubscribeAsync("studio/main"), Is.Not.Null);
        fresh.Finish();
        await peers.WaitAsync(100);
        Assert.That(
            (seen[^1], alice.PublishedBroadcasts.Count), Is.EqualTo(("studio/main False", 0)), "a broadcast that ends takes itself back");
        second.Dispose();
        session.Close();
        await peers.WaitAsync(100);
        Assert.That(seen[^1], Is.EqualTo("end"));
    });

    [Test]
    public void SubscribeAfterAnEnd_WaitsForTheNextInstance() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        var session = await bob.ConnectAsync(peers.Addr(1));
        using (var old = peers.Broadcast())
        {
            using var live = alice.Publish("x", old);
            await session.SubscribeAsync("x");
        }

        await peers.WaitAsync(100);
        var waiting = session.SubscribeAsync("/x");
        await peers.WaitAsync(100);
        Assert.That(waiting.IsCompleted, Is.False);
        using var fresh = peers.Broadcast();
        using var again = alice.Publish("x", fresh);
        Assert.That((await waiting).Closed.IsCompleted, Is.False);
    });

    [Test]
    public void PublishedForOneSession_IsSeenByItAlone() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        peers.Add(2);
        peers.Add(3);
        var bob = await alice.ConnectAsync(peers.Addr(2));
        await alice.ConnectAsync(peers.Addr(3));
        using var broadcast = peers.Broadcast();
        using var live = bob.Publish("for/bob", broadcast);
        await peers.WaitAsync(100);
        Assert.That(bob.OriginProducer.Consume().Names, Is.EqualTo(new BroadcastPath[] { "for/bob" }));
        Assert.That((await alice.ConnectAsync(peers.Addr(3))).OriginProducer.Consume().Names, Is.Empty);
        Assert.That(alice.PublishedBroadcasts, Is.Empty);
    });

    [Test]
    public void FramesAsAnObservable_AreCopiesInOrderAndEndWithTheTrack() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        using var broadcast = peers.Broadcast();
        var track = broadcast.CreateTrack("lines");
        using var live = alice.Publish("chat/alice", broadcast);
        var got = new List<TrackFrame>();
        var ends = new List<string>();
        using var chat = (await bob.ConnectAsync(peers.Addr(1))).Announcements("chat")
            .Where(static announcement => announcement.IsActive)
            .SelectMany(static announcement => announcement.Broadcast.Track("lines").Frames())
            .Subscribe(got.Add, failure => ends.Add(failure.Message));
        await track.WaitForSubscriberAsync();
        foreach (var line in new[] { "one", "two", "three" })
        {
            using var group = track.AppendGroup();
            group.Write(Encoding.UTF8.GetBytes(line));
            group.Finish();
        }

        await peers.WaitAsync(1000);
        Assert.That(got.Select(static frame => Encoding.UTF8.GetString(frame.Span)), Is.EqualTo(new[] { "one", "two", "three" }));
        Assert.That(ends, Is.Empty);
    });

    [Test]
    public void FramesOfALostSession_AndOfAnUnknownTrack_Fail() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        using var broadcast = peers.Broadcast();
        var track = broadcast.CreateTrack("known");
        using var live = alice.Publish("x", broadcast);
        var session = await bob.ConnectAsync(peers.Addr(1));
        var studio = await session.SubscribeAsync("x");
        var ends = new List<string>();
        using var known = studio.Track("known").Frames().Subscribe(
            static _ => { }, failure => ends.Add("known failed"), () => ends.Add("known completed"));
        using var unknown = studio.Track("unknown").Frames().Subscribe(
            static _ => { }, failure => ends.Add($"unknown {((MoqStreamException)failure).Code}"), () => ends.Add("unknown completed"));
        await track.WaitForSubscriberAsync();
        await peers.WaitAsync(100);
        Assert.That(ends, Is.EqualTo(new[] { "unknown 13 (not found)" }));
        session.Close();
        await peers.WaitAsync(1000);
        Assert.That(ends, Is.EqualTo(new[] { "unknown 13 (not found)", "known failed" }));
    });

    [Test]
    public void SubscriptionToFramesThatIsDisposed_GivesTheTrackBackAndLeavesTheSession() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var (bob, _) = peers.Add(2);
        using var broadcast = peers.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var live = alice.Publish("x", broadcast);
        var session = await bob.ConnectAsync(peers.Addr(1));
        var reading = (await session.SubscribeAsync("x")).Track("t").Groups().Subscribe(static group => group.Dispose());
        await track.WaitForSubscriberAsync();
        reading.Dispose();
        await track.WaitForNoSubscriberAsync();
        Assert.That(session.Closed.IsCompleted, Is.False);
    });
}
