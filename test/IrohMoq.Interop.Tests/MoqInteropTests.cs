using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>The main job with a peer that nobody here wrote: moq-lite by its author, over iroh's own QUIC.</summary>
[TestFixture("moq-lite-03")]
[TestFixture("moq-lite-04")]
[TestFixture("moq-lite-05")]
public sealed class MoqInteropTests(string protocol)
{
    private static readonly int[][] Video = [[1000, 0, 3_000_000], [], [5], [70_000, 70_000]];
    private static readonly int[][] Chat = [[3], [0], [12, 13]];

    [Test]
    [CancelAfter(60_000)]
    public async Task WePublish_TheNodePeerReadsEveryByteOfEveryTrack(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var video = broadcast.CreateTrack("video", new TrackOptions { Lossless = true });
        using var chat = broadcast.CreateTrack("chat", new TrackOptions { Lossless = true });
        using var live = us.Moq.Publish("room/alice", broadcast);
        await using var reader = NodePeer.Start("reader", protocol);
        var connected = await us.DialedByAsync(reader, ct);
        Assert.That(connected.Text("id"), Is.EqualTo(us.Endpoint.Id.ToString()));
        var announced = await reader.AskAsync(new { cmd = "watch" }, "announced", ct);
        Assert.That((announced.Text("name"), announced.Flag("active")), Is.EqualTo(("room/alice", true)));

        var writing = Task.WhenAll(TrackPattern.WriteAsync(video, Video, ct), TrackPattern.WriteAsync(chat, Chat, ct));
        await reader.SendAsync(new { cmd = "subscribe", name = "room/alice", track = "video" }, ct);
        await reader.SendAsync(new { cmd = "subscribe", name = "room/alice", track = "chat" }, ct);
        var end = await reader.ExpectAsync("track_end", ct, e => e.Text("track") == "video");
        Assert.That(
            (end.Number("groups"), end.Number("frames"), end.Number("bytes"), end.Flag("ok")), Is.EqualTo((4L, 6L, 3_141_005L, true)));
        end = await reader.ExpectAsync("track_end", ct, e => e.Text("track") == "chat");
        Assert.That((end.Number("groups"), end.Number("frames"), end.Number("bytes"), end.Flag("ok")), Is.EqualTo((3L, 4L, 28L, true)));
        await writing;
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeerPublishes_WeReadEveryByteOfEveryTrack(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await publisher.AskAsync(new { cmd = "publish", name = "room/bob", tracks = new { video = Video, chat = Chat } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("room/bob", ct);

        await Task.WhenAll(
            TrackPattern.VerifyAsync(broadcast.Track("video"), Video, ct), TrackPattern.VerifyAsync(broadcast.Track("chat"), Chat, ct));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AGroupThatThePublisherResets_IsAHoleAndNotTheEnd(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await publisher.AskAsync(new { cmd = "publish", name = "live", tracks = new { t = new { end = false } } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("live", ct);
        await using var groups = broadcast.Track("t").ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
        var first = groups.MoveNextAsync();
        await publisher.ExpectAsync("subscribed", ct);

        await publisher.AskAsync(new { cmd = "group", name = "live", track = "t", frames = new[] { 7 }, open = true }, "group_written", ct);
        Assert.That(await first, Is.True);
        await using var frames = groups.Current.ReadFramesAsync(ct).GetAsyncEnumerator(ct);
        Assert.That(await frames.MoveNextAsync(), Is.True);
        Assert.That(frames.Current.Length, Is.EqualTo(7));
        await publisher.SendAsync(new { cmd = "end_group", name = "live", track = "t", code = 2 }, ct);
        var reset = await Assert.ThrowsAsync<MoqStreamException>(async () => await frames.MoveNextAsync());
        // Peers of two generations use the number with different meanings.
        Assert.That((reset!.Code.UnspecifiedNumber, reset.IsRemote), Is.EqualTo((2u, true)));

        await publisher.AskAsync(new { cmd = "group", name = "live", track = "t", frames = new[] { 8 } }, "group_written", ct);
        Assert.That(await groups.MoveNextAsync(), Is.True);
        Assert.That(groups.Current.Sequence, Is.EqualTo(1));
        await publisher.SendAsync(new { cmd = "end_track", name = "live", track = "t", code = 24 }, ct);
        reset = await Assert.ThrowsAsync<MoqStreamException>(async () => await groups.MoveNextAsync());
        Assert.That((reset!.Code, reset.IsRemote), Is.EqualTo((new MoqErrorCode(24), true)));
    }
}
