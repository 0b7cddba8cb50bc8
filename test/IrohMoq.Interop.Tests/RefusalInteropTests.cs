using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>A peer, a protocol, a broadcast or a track that does not exist is refused with a code, and nothing else ends.</summary>
public sealed class RefusalInteropTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeerAsksForAnUnknownTrackOrBroadcast_AndGetsNotFound(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("chat", new TrackOptions { Lossless = true });
        using var live = us.Moq.Publish("known", broadcast);
        await using var reader = NodePeer.Start("reader");
        await us.DialedByAsync(reader, ct);

        var refused = await reader.AskAsync(new { cmd = "subscribe", name = "known", track = "nothing" }, "track_error", ct);
        Assert.That((refused.Text("track"), refused.Number("code")), Is.EqualTo(("nothing", (long)MoqErrorCode.NotFound.Value)));
        refused = await reader.AskAsync(new { cmd = "subscribe", name = "unknown", track = "chat" }, "track_error", ct);
        Assert.That((refused.Text("name"), refused.Number("code")), Is.EqualTo(("unknown", (long)MoqErrorCode.NotFound.Value)));

        var writing = TrackPattern.WriteAsync(track, [[9]], ct);
        var end = await reader.AskAsync(new { cmd = "subscribe", name = "known", track = "chat" }, "track_end", ct);
        Assert.That((end.Number("bytes"), end.Flag("ok")), Is.EqualTo((9L, true)));
        await writing;
        Assert.That(reader.Untaken("closed"), Is.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WeAskForAnUnknownTrack_AndSeeThePeersCode(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher");
        await publisher.AskAsync(new { cmd = "publish", name = "known", tracks = new { chat = new int[][] { [9] } } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync("known", ct);

        // @moq/net refuses with code 0 whatever the cause.
        var refused = await Assert.ThrowsAsync<MoqStreamException>(
            async () => await TrackPattern.VerifyAsync(broadcast.Track("nothing"), [], ct));
        Assert.That((refused!.Code, refused.IsRemote), Is.EqualTo((MoqErrorCode.Cancel, true)));
        await publisher.ExpectAsync("refused", ct, e => e.Text("track") == "nothing");
        await TrackPattern.VerifyAsync(broadcast.Track("chat"), [[9]], ct);
        Assert.That(session.Closed.IsCompleted, Is.False);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WeWaitForAnUnknownBroadcast_UntilWeCancel(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher");
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var waiting = session.SubscribeAsync("unknown", patience.Token);
        await publisher.AskAsync(new { cmd = "publish", name = "another", tracks = new { chat = new int[][] { [9] } } }, "published", ct);
        await using var broadcast = await session.SubscribeAsync("another", ct);
        Assert.That(waiting.IsCompleted, Is.False);
        await patience.CancelAsync();
        await Assert.ThatAsync(() => waiting, Throws.InstanceOf<OperationCanceledException>());
        await TrackPattern.VerifyAsync(broadcast.Track("chat"), [[9]], ct);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AWrongId_AndAnUnknownProtocol_AreTypedErrors(CancellationToken ct)
    {
        await using var peer = NodePeer.Start("peer");
        var listening = await peer.AskAsync(new { cmd = "listen" }, "listening", ct);
        var address = EndpointTicket.Parse(listening.Text("ticket")).Address;
        await using var us = await MoqPeer.StartAsync();
        var wrong = new EndpointAddr(SecretKey.Generate().Id, [.. address.Addresses]);
        await AssertRefusedAsync(wrong, "moq-lite-03", ConnectError.WrongPeer);
        await AssertRefusedAsync(address, "unknown", ConnectError.NoCommonProtocol);

        async Task AssertRefusedAsync(EndpointAddr dialed, string protocol, ConnectError reason)
        {
            // A dial that nothing refuses fails with TimedOut: the error shows that the refusal ended it.
            var failure = await Assert.ThrowsAsync<MoqConnectException>(async () => await us.Endpoint.ConnectAsync(dialed, [protocol], ct));
            Assert.That(failure!.Error, Is.EqualTo(reason));
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeerDialsAWrongIdOrAnUnknownProtocol_AndGetsATlsAlert(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var peer = NodePeer.Start("peer");
        var other = SecretKey.Generate().Id.ToString();
        var failed = await peer.AskAsync(new { cmd = "dial", id = other, addr = us.Endpoint.LocalEndPoint.ToString() }, "dial_failed", ct);
        // A dial that nothing refuses fails without an alert.
        Assert.That(failed.Number("alert"), Is.EqualTo(48), failed.ToString());
        failed = await peer.AskAsync(new { cmd = "dial", ticket = us.Endpoint.Ticket.ToString(), alpn = "moq-lite-99" }, "dial_failed", ct);
        Assert.That(failed.Number("alert"), Is.EqualTo(120), failed.ToString());
        await us.DialedByAsync(peer, ct);
    }
}
