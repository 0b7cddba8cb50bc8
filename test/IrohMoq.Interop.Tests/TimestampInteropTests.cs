using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>
/// The media time of frames, which are sent from moq-lite-05 on: it may go back, and is rounded to the timescale of the track.
/// </summary>
public sealed class TimestampInteropTests
{
    private const string Protocol = "moq-lite-05";
    private const int Timescale = 90_000;
    private const double Rounding = 1e6 / Timescale;
    private static readonly long[] Microseconds = [0, 33_367, 20_000, 36_000_000_000];
    private static readonly int[] Sizes = [.. Microseconds.Select(_ => 10)];

    [Test]
    [CancelAfter(60_000)]
    public async Task OurTimestamps_ReachTheNodePeer(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("video", new TrackOptions { Lossless = true, Timescale = Timescale });
        using var live = us.Moq.Publish("timed", broadcast);
        await using var reader = NodePeer.Start("reader", Protocol);
        await us.DialedByAsync(reader, ct);
        await reader.SendAsync(new { cmd = "subscribe", name = "timed", track = "video", frames = true }, ct);
        await track.WaitForSubscriberAsync(ct);
        using var group = await track.AppendGroupAsync(ct);
        for (var i = 0; i < Sizes.Length; i++)
            await group.WriteAsync(Pattern.Frame("video", 0, i, Sizes[i]), TimeSpan.FromMicroseconds(Microseconds[i]), ct);
        group.Finish();
        foreach (var expected in Microseconds)
        {
            var frame = await reader.ExpectAsync("frame", ct);
            Assert.That((double)frame.Number("timestampUs"), Is.EqualTo((double)expected).Within(Rounding));
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TimestampsOfTheNodePeer_ReachUs(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", Protocol);
        var tracks = new { video = new { end = false, timescale = Timescale } };
        await publisher.AskAsync(new { cmd = "publish", name = "timed", tracks }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("timed", ct);
        using var reader = broadcast.Track("video").Open();
        var reading = reader.ReadGroupAsync(ct);
        await publisher.ExpectAsync("subscribed", ct);
        await publisher.SendAsync(
            new { cmd = "group", name = "timed", track = "video", frames = Sizes, timestampsUs = Microseconds }, ct);
        var seen = new List<double>();
        await foreach (var frame in (await reading)!.ReadFramesAsync(ct))
            seen.Add(frame.Timestamp.TotalMicroseconds);
        Assert.That(seen, Is.EqualTo(Microseconds.Select(Convert.ToDouble)).Within(Rounding));
    }
}
