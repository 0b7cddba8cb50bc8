using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>A client that must prove its address first is accepted by its second packet, in both directions.</summary>
public sealed class RetryInteropTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeerDials_AndIsAcceptedAfterOurRetry(CancellationToken ct)
    {
        // With this value the endpoint sends each client a Retry.
        await using var us = await MoqPeer.StartAsync(
            options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0), RetryThreshold = 0 });
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("chat", new TrackOptions { Lossless = true });
        using var live = us.Moq.Publish("known", broadcast);
        await using var reader = NodePeer.Start("reader");
        await us.DialedByAsync(reader, ct);
        var writing = TrackPattern.WriteAsync(track, [[9]], ct);
        var end = await reader.AskAsync(new { cmd = "subscribe", name = "known", track = "chat" }, "track_end", ct);
        Assert.That((end.Number("bytes"), end.Flag("ok")), Is.EqualTo((9L, true)));
        await writing;
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WeDial_AndAreAcceptedAfterTheRetryOfTheNodePeer(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher");
        await publisher.AskAsync(new { cmd = "publish", name = "known", tracks = new { chat = new int[][] { [9] } } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var listening = await publisher.AskAsync(new { cmd = "listen", retry = true }, "listening", ct);
        var session = await us.Moq.ConnectAsync(EndpointTicket.Parse(listening.Text("ticket")), ct);
        await publisher.ExpectAsync("retried", ct);
        await using var subscription = await session.SubscribeAsync("known", ct);
        await TrackPattern.VerifyAsync(subscription.Track("chat"), [[9]], ct);
    }
}
