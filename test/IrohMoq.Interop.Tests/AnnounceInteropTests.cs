using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>A broadcast that comes, goes and comes again under one name, seen from both sides.</summary>
[TestFixture("moq-lite-03")]
[TestFixture("moq-lite-04")]
[TestFixture("moq-lite-05")]
public sealed class AnnounceInteropTests(string protocol)
{
    private static readonly int[][] Groups = [[3], [4, 5]];

    [Test]
    [CancelAfter(60_000)]
    public async Task OursComesGoesAndComesAgain_TheNodePeerSeesEachOnce(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var reader = NodePeer.Start("reader", protocol);
        await us.DialedByAsync(reader, ct);
        await reader.SendAsync(new { cmd = "watch", prefix = "room" }, ct);
        using var elsewhere = new BroadcastProducer();
        using var unseen = us.Moq.Publish("elsewhere/bob", elsewhere);

        using (var first = new BroadcastProducer())
        using (us.Moq.Publish("room/alice", first))
            Assert.That((await AnnouncedAsync(reader, ct)), Is.EqualTo(("room/alice", true)));
        Assert.That(await AnnouncedAsync(reader, ct), Is.EqualTo(("room/alice", false)));

        using var second = new BroadcastProducer();
        using var track = second.CreateTrack("chat", new TrackOptions { Lossless = true });
        using var again = us.Moq.Publish("room/alice", second);
        Assert.That(await AnnouncedAsync(reader, ct), Is.EqualTo(("room/alice", true)));
        var writing = TrackPattern.WriteAsync(track, Groups, ct);
        var end = await reader.AskAsync(new { cmd = "subscribe", name = "room/alice", track = "chat" }, "track_end", ct);
        Assert.That((end.Number("groups"), end.Number("bytes"), end.Flag("ok")), Is.EqualTo((2L, 12L, true)));
        await writing;
        Assert.That(reader.Untaken("announced"), Is.Empty);
        Assert.That(reader.Untaken("announce_end"), Is.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TheirsComesGoesAndComesAgain_WeSeeEachOnce(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var announcements = session.ReadAnnouncementsAsync("room", ct).GetAsyncEnumerator(ct);
        var next = NextAsync(announcements);
        await publisher.SendAsync(new { cmd = "publish", name = "elsewhere/bob", tracks = new { } }, ct);

        // @moq/net may miss a broadcast that is published while it writes the announcement of another.
        await using var unasked = await session.SubscribeAsync("elsewhere/bob", ct);
        await publisher.SendAsync(new { cmd = "publish", name = "room/alice", tracks = new { chat = Groups } }, ct);
        Assert.That(await next, Is.EqualTo(("room/alice", true)));
        await using var first = await session.SubscribeAsync("room/alice", ct);

        await publisher.SendAsync(new { cmd = "unpublish", name = "room/alice" }, ct);
        Assert.That(await NextAsync(announcements), Is.EqualTo(("room/alice", false)));
        await first.Closed.WaitAsync(ct);

        await publisher.SendAsync(new { cmd = "republish", name = "room/alice" }, ct);
        Assert.That(await NextAsync(announcements), Is.EqualTo(("room/alice", true)));
        await using var second = await session.SubscribeAsync("room/alice", ct);
        Assert.That(second.Closed.IsCompleted, Is.False);
        await TrackPattern.VerifyAsync(second.Track("chat"), Groups, ct);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task CallerThatWaitsForABroadcast_GetsItWhenItIsAnnounced(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await publisher.AskAsync(new { cmd = "publish", name = "first", tracks = new { } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        // From moq-lite-05 on, the peer misses what is published while it writes its ANNOUNCE_OK.
        await using (await session.SubscribeAsync("first", ct))
        {
        }

        var waiting = session.SubscribeAsync("later", ct);
        await publisher.AskAsync(new { cmd = "publish", name = "sooner", tracks = new { } }, "published", ct);
        await using (await session.SubscribeAsync("sooner", ct))
            Assert.That(waiting.IsCompleted, Is.False);
        await publisher.SendAsync(new { cmd = "publish", name = "later", tracks = new { chat = Groups } }, ct);
        await using var broadcast = await waiting;
        await TrackPattern.VerifyAsync(broadcast.Track("chat"), Groups, ct);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task OursChurn_TheNodePeerEndsUpWithThoseThatAreLeft(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var reader = NodePeer.Start("reader", protocol);
        await us.DialedByAsync(reader, ct);
        await reader.SendAsync(new { cmd = "watch" }, ct);
        var live = new Dictionary<string, IDisposable>();
        var broadcasts = new List<BroadcastProducer>();
        for (var i = 0; i < 300; i++)
        {
            // Each name comes, and most go and come again; a third is gone in the end.
            var name = $"room/{i % 60}";
            if (live.Remove(name, out var registration))
                registration.Dispose();
            if (i >= 280 && i % 3 == 0)
                continue;
            broadcasts.Add(new BroadcastProducer());
            live[name] = us.Moq.Publish(name, broadcasts[^1]);
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!seen.SetEquals(live.Keys))
        {
            var (name, isActive) = await AnnouncedAsync(reader, ct);
            Assert.That(isActive ? seen.Add(name) : seen.Remove(name), Is.True, $"{name} {isActive}");
        }

        Assert.That(reader.Untaken("announce_end"), Is.Empty);
        foreach (var registration in live.Values)
            registration.Dispose();
        foreach (var broadcast in broadcasts)
            broadcast.Dispose();
    }

    private static async Task<(string Name, bool IsActive)> AnnouncedAsync(NodePeer reader, CancellationToken ct)
    {
        var announced = await reader.ExpectAsync("announced", ct);
        return (announced.Text("name"), announced.Flag("active"));
    }

    private static async Task<(string Name, bool IsActive)> NextAsync(IAsyncEnumerator<Announcement> announcements)
    {
        Assert.That(await announcements.MoveNextAsync(), Is.True);
        return (announcements.Current.Path.ToString(), announcements.Current.IsActive);
    }
}
