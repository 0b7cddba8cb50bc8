using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Many tracks at once, and much of one track.</summary>
[TestFixture("moq-lite-03")]
[TestFixture("moq-lite-04")]
[TestFixture("moq-lite-05")]
public sealed class ScaleInteropTests(string protocol)
{
    private const int Tracks = 1_000;
    private const long HundredMegabytes = 100_000_000;
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(3);
    private static readonly int[][] Large = [.. Enumerable.Range(0, 50).Select(_ => new[] { 1_000_000, 1_000_000 })];

    [Test]
    [CancelAfter(180_000)]
    public async Task AThousandTracksOfOurs_ReachTheNodePeer(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var live = us.Moq.Publish("many", broadcast);
        await using var reader = NodePeer.Start("reader", protocol);
        await us.DialedByAsync(reader, ct);
        var writing = Enumerable.Range(0, Tracks)
            .Select(i => TrackPattern.WriteAsync(broadcast.CreateTrack($"t{i}", new TrackOptions { Lossless = true }), GroupsOf(i), ct))
            .ToArray();
        for (var i = 0; i < Tracks; i++)
            await reader.SendAsync(new { cmd = "subscribe", name = "many", track = $"t{i}" }, ct);
        for (var i = 0; i < Tracks; i++)
        {
            var end = await reader.ExpectAsync("track_end", ct, e => e.Text("track") == $"t{i}", Long);
            var bytes = GroupsOf(i).Sum(group => (long)group.Sum());
            Assert.That((end.Number("bytes"), end.Flag("ok")), Is.EqualTo((bytes, true)), $"track {i}");
        }

        await Task.WhenAll(writing);
    }

    [Test]
    [CancelAfter(180_000)]
    public async Task AThousandTracksOfTheNodePeer_ReachUs(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        // The peer may end a subscription before its groups have gone out, so the end of each track comes later.
        var tracks = Enumerable.Range(0, Tracks).ToDictionary(
            i => $"t{i}", i => new { groups = GroupsOf(i).Select(frames => new { frames, delayMs = 200 }) });
        await publisher.AskAsync(new { cmd = "publish", name = "many", tracks }, "published", ct);
        // The peer allows 100 streams at once, so the last subscriptions wait for the first ones.
        await using var us = await MoqPeer.StartAsync(
            moqOptions: new MoqOptions { Session = new SessionOptions { SubscribeTimeout = Long } });
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("many", ct);
        await Task.WhenAll(Enumerable.Range(0, Tracks).Select(i => TrackPattern.VerifyAsync(broadcast.Track($"t{i}"), GroupsOf(i), ct)));
    }

    [Test]
    [CancelAfter(180_000)]
    public async Task AHundredMegabytesOfOurs_ReachTheNodePeer(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("large", new TrackOptions { Lossless = true });
        using var live = us.Moq.Publish("much", broadcast);
        await using var reader = NodePeer.Start("reader", protocol);
        await us.DialedByAsync(reader, ct);
        var writing = TrackPattern.WriteAsync(track, Large, ct);
        var end = await reader.AskAsync(new { cmd = "subscribe", name = "much", track = "large" }, "track_end", ct, Long);
        Assert.That((end.Number("groups"), end.Number("bytes"), end.Flag("ok")), Is.EqualTo((50L, HundredMegabytes, true)));
        await writing;
    }

    [Test]
    [CancelAfter(180_000)]
    public async Task AHundredMegabytesOfTheNodePeer_ReachUs(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await publisher.AskAsync(new { cmd = "publish", name = "much", tracks = new { large = Large } }, "published", ct);
        // The peer sends all groups at once, more than the limits of a track and of a session accept by default.
        var limits = new SessionOptions { MaxReceivedBytesPerTrack = 2 * HundredMegabytes, MaxReceivedBytes = 2 * HundredMegabytes };
        await using var us = await MoqPeer.StartAsync(moqOptions: new MoqOptions { Session = limits });
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("much", ct);
        await TrackPattern.VerifyAsync(broadcast.Track("large"), Large, ct);
    }

    private static int[][] GroupsOf(int track) => [[track % 50], [1, 2]];
}
