using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Nothing is lost between a slow reader and a publisher that leaves when it has finished.</summary>
[TestFixture("moq-lite-03")]
[TestFixture("moq-lite-04")]
[TestFixture("moq-lite-05")]
public sealed class LossInteropTests(string protocol)
{
    private static readonly int[][] Groups = [.. Enumerable.Range(0, 5).Select(i => new[] { 200_000, i })];
    private const long Bytes = 1_000_010;

    [Test]
    [CancelAfter(90_000)]
    public async Task TheNodePeerTakesASecondPerGroup_AndLosesNothing(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("video", new TrackOptions { Lossless = true });
        using var live = us.Moq.Publish("slow", broadcast);
        await using var reader = NodePeer.Start("reader", protocol);
        await us.DialedByAsync(reader, ct);
        var writing = TrackPattern.WriteAsync(track, Groups, ct);
        var started = TimeProvider.System.GetTimestamp();
        var end = await reader.AskAsync(
            new { cmd = "subscribe", name = "slow", track = "video", delayPerGroupMs = 1000 }, "track_end", ct, TimeSpan.FromSeconds(30));
        Assert.That((end.Number("groups"), end.Number("bytes"), end.Flag("ok")), Is.EqualTo((5L, Bytes, true)));
        Assert.That(
            TimeProvider.System.GetElapsedTime(started),
            Is.GreaterThan(TimeSpan.FromSeconds(4)),
            "The reader takes a second for each group.");
        await writing;
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WeLeaveWhenWeAreDone_TheNodePeerHasEverything(CancellationToken ct)
    {
        await using var reader = NodePeer.Start("reader", protocol);
        await using (var us = await MoqPeer.StartAsync())
        {
            using var broadcast = new BroadcastProducer();
            using var track = broadcast.CreateTrack("video", new TrackOptions { Lossless = true });
            using var live = us.Moq.Publish("gone", broadcast);
            await us.DialedByAsync(reader, ct);
            await reader.SendAsync(new { cmd = "subscribe", name = "gone", track = "video" }, ct);
            await TrackPattern.WriteAsync(track, Groups, ct);
        }

        var end = await reader.ExpectAsync("track_end", ct);
        Assert.That((end.Number("groups"), end.Number("bytes"), end.Flag("ok")), Is.EqualTo((5L, Bytes, true)));
        var closed = await reader.ExpectAsync("closed", ct);
        Assert.That((closed.Text("by"), closed.Number("code")), Is.EqualTo(("peer", 0L)));
    }

    [Test]
    [CancelAfter(90_000)]
    public async Task WeTakeASecondPerGroup_AndLoseNothing(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await publisher.AskAsync(new { cmd = "publish", name = "slow", tracks = new { video = Groups } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("slow", ct);

        // The reader is slow by itself, and the time of a real peer is real.
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        await TrackPattern.VerifyAsync(
            broadcast.Track("video"), Groups, ct, beforeEachGroup: () => second.WaitForNextTickAsync(ct).AsTask());
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeerLeavesAtOnceWhenItIsDone_WeHaveEverythingAndThenItsClose(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        var leave = new { code = 3, reason = "done", afterMs = 0 };
        await publisher.AskAsync(new { cmd = "publish", name = "gone", leave, tracks = new { video = Groups } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("gone", ct);
        await TrackPattern.VerifyAsync(broadcast.Track("video"), Groups, ct);
        var closed = await session.Closed.WaitAsync(ct);
        Assert.That((closed.Code.UnspecifiedNumber, closed.Reason, closed.IsRemote), Is.EqualTo((3u, "done", true)));
    }
}
