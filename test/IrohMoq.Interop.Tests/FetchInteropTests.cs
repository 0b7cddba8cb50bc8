using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Single groups, fetched by the Node peer from this library and the other way round.</summary>
public sealed class FetchInteropTests
{
    private static readonly int[][] Sizes = [[1000, 0, 3_000_000], [], [5, 7], [70_000]];

    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeerFetchesFromUs_WhatWeKeep(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t");
        using var live = us.Moq.Publish("room", broadcast);
        Write(track, Sizes);
        using var open = track.AppendGroup();
        open.Write(Pattern.Frame("t", 4, 0, 10));
        await using var reader = NodePeer.Start("reader", "moq-lite-05");
        await us.DialedByAsync(reader, ct);

        await FetchAsync(0, 3, 3_001_000);
        await FetchAsync(1, 0, 0);
        await FetchAsync(2, 2, 12);
        await reader.SendAsync(new { cmd = "fetch", name = "room", track = "t", group = 9 }, ct);
        var failed = await reader.ExpectAsync("fetch_failed", ct);
        Assert.That((failed.Number("sequence"), failed.Number("frames")), Is.EqualTo((9L, 0L)));
        // A group that is still written arrives as it grows.
        await reader.SendAsync(new { cmd = "fetch", name = "room", track = "t", group = 4, priority = 9 }, ct);
        await reader.ExpectAsync("fetched_frame", ct, static e => e.Number("sequence") == 4);
        open.Write(Pattern.Frame("t", 4, 1, 20));
        await reader.ExpectAsync("fetched_frame", ct, static e => e.Number("frame") == 1);
        open.Finish();
        var grown = await reader.ExpectAsync("fetched", ct, static e => e.Number("sequence") == 4);
        Assert.That((grown.Number("bytes"), grown.Flag("ok")), Is.EqualTo((30L, true)));

        async Task FetchAsync(long group, long frames, long bytes)
        {
            await reader.SendAsync(new { cmd = "fetch", name = "room", track = "t", group }, ct);
            var fetched = await reader.ExpectAsync("fetched", ct, e => e.Number("sequence") == group);
            Assert.That((fetched.Number("frames"), fetched.Number("bytes"), fetched.Flag("ok")), Is.EqualTo((frames, bytes, true)));
        }
    }

    /// <summary>Up to moq-lite-04 the group is read by a subscription.</summary>
    [TestCase("moq-lite-03")]
    [TestCase("moq-lite-04")]
    [TestCase("moq-lite-05")]
    [CancelAfter(60_000)]
    public async Task WeFetchFromTheNodePeer_WhatItKeeps(string protocol, CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await publisher.AskAsync(
            new { cmd = "publish", name = "room", tracks = new { t = new { groups = Sizes, end = false } } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("room", ct);
        var track = broadcast.Track("t");
        foreach (var sequence in new ulong[] { 0, 2, 3, 1, 0 })
            Assert.That(await VerifyAsync(await track.FetchAsync(sequence, null, ct), 0), Is.EqualTo(Sizes[sequence]));
        Assert.That(await VerifyAsync(await track.FetchAsync(0, new FetchOptions { FirstFrame = 2 }, ct), 2), Is.EqualTo(Sizes[0][2..]));

        async Task<int[]> VerifyAsync(GroupConsumer group, int from)
        {
            var sizes = new List<int>();
            await foreach (var frame in group.ReadFramesAsync(ct))
            {
                Assert.That(Pattern.FirstDifference(frame.Payload, "t", group.Sequence, from + sizes.Count), Is.EqualTo(-1));
                sizes.Add(frame.Length);
            }

            return [.. sizes];
        }
    }

    private static void Write(TrackProducer track, int[][] groups)
    {
        foreach (var sizes in groups)
        {
            using var group = track.AppendGroup();
            for (var frame = 0; frame < sizes.Length; frame++)
                group.Write(Pattern.Frame(track.Name, group.Sequence, frame, sizes[frame]));
            group.Finish();
        }
    }
}
