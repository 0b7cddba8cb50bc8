using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Datagram groups between this library and the Node peer, over QUIC datagrams of real endpoints.</summary>
public sealed class DatagramInteropTests
{
    private const string Protocol = "moq-lite-05";

    [Test]
    [CancelAfter(60_000)]
    public async Task WeWriteDatagrams_TheNodePeerReceivesThem(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t");
        using var live = us.Moq.Publish("room", broadcast);
        await using var reader = NodePeer.Start("reader", Protocol);
        await us.DialedByAsync(reader, ct);
        await reader.SendAsync(new { cmd = "subscribe", name = "room", track = "t" }, ct);
        await track.WaitForSubscriberAsync(ct);
        // The Node peer drops datagrams until it has read the answer to its TRACK.
        using (var first = track.AppendGroup())
            first.Finish();
        await reader.ExpectAsync("group", ct);
        for (var i = 1UL; i <= 20; i++)
        {
            var size = (int)i * 50;
            Assert.That(track.WriteDatagram(Pattern.Frame("t", i, 0, size)), Is.EqualTo(i));
            var datagram = await reader.ExpectAsync("datagram", ct);
            Assert.That(
                (datagram.Number("sequence"), datagram.Number("bytes"), datagram.Flag("ok")), Is.EqualTo(((long)i, (long)size, true)));
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeerWritesDatagrams_WeReadThemAsGroups(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", Protocol);
        await publisher.AskAsync(new { cmd = "publish", name = "room", tracks = new { t = new { end = false } } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("room", ct);
        using var reader = broadcast.Track("t").Open();
        var reading = reader.ReadGroupAsync(ct);
        await publisher.ExpectAsync("subscribed", ct);
        await publisher.AskAsync(new { cmd = "group", name = "room", track = "t", frames = new[] { 3 } }, "group_written", ct);
        Assert.That((await reading)!.Sequence, Is.Zero);
        for (var i = 1UL; i <= 20; i++)
        {
            await publisher.AskAsync(new { cmd = "datagram", name = "room", track = "t", bytes = 50 * i }, "datagram_written", ct);
            var group = (await reader.ReadGroupAsync(ct))!;
            Assert.That(group.Sequence, Is.EqualTo(i));
            await foreach (var frame in group.ReadFramesAsync(ct))
            {
                Assert.That(frame.Length, Is.EqualTo(50 * i));
                Assert.That(Pattern.FirstDifference(frame.Payload, "t", i, 0), Is.EqualTo(-1));
            }
        }
    }
}
