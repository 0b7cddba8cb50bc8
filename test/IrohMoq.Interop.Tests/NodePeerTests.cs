namespace IrohMoq.Interop.Tests;

/// <summary>Two Node peers through the driver: what fails here is the driver or the peers, not the library.</summary>
public sealed class NodePeerTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task TwoNodePeers_PublishAndRead_VerifyEveryByteAndSeeTheClose(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher");
        await using var reader = NodePeer.Start("reader");
        var listening = await publisher.AskAsync(new { cmd = "listen" }, "listening", ct);
        var groups = new int[][] { [1000, 0, 3_000_000], [], [5] };
        await publisher.AskAsync(
            new { cmd = "publish", name = "room/alice", tracks = new { video = new { groups } } }, "published", ct);

        var connected = await reader.AskAsync(new { cmd = "dial", ticket = listening.Text("ticket") }, "connected", ct);
        Assert.That(connected.Text("id"), Is.EqualTo(listening.Text("id")));
        Assert.That(connected.Text("alpn"), Is.EqualTo("moq-lite-03"));

        var announced = await reader.AskAsync(new { cmd = "watch" }, "announced", ct);
        Assert.That(announced.Text("name"), Is.EqualTo("room/alice"));
        Assert.That(announced.Flag("active"), Is.True);

        var end = await reader.AskAsync(new { cmd = "subscribe", name = "room/alice", track = "video" }, "track_end", ct);
        Assert.That(end.Number("groups"), Is.EqualTo(3));
        Assert.That(end.Number("frames"), Is.EqualTo(4));
        Assert.That(end.Number("bytes"), Is.EqualTo(3_001_005));
        Assert.That(end.Flag("ok"), Is.True);
        Assert.That(reader.Untaken("group"), Has.Count.EqualTo(3));

        await reader.SendAsync(new { cmd = "close", code = 42, reason = "bye" }, ct);
        var closed = await publisher.ExpectAsync("closed", ct);
        Assert.That(closed.Text("by"), Is.EqualTo("peer"));
        Assert.That(closed.Number("code"), Is.EqualTo(42));
        Assert.That(closed.Text("reason"), Is.EqualTo("bye"));
        Assert.That(await publisher.LeaveAsync(ct), Is.Zero);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task APublishersGroupStream_ReadRaw_CarriesThePatternOfThisLanguageToo(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher");
        await using var reader = NodePeer.Start("reader");
        var listening = await publisher.AskAsync(new { cmd = "listen" }, "listening", ct);
        await publisher.AskAsync(
            new { cmd = "publish", name = "a", tracks = new { é = new { firstSequence = 9, groups = new int[][] { [300, 700] } } } },
            "published", ct);
        await reader.AskAsync(new { cmd = "dial", ticket = listening.Text("ticket"), raw = true }, "connected", ct);

        // SUBSCRIBE: id 0, broadcast "a", track "é", and default terms.
        await reader.AskAsync(
            new { cmd = "raw_open", kind = "bi", hex = "020b" + "00" + "0161" + "02c3a9" + "0000000000" }, "raw_opened", ct);
        var group = await reader.ExpectAsync("raw_accepted", ct, e => e.Text("kind") == "uni");
        await reader.ExpectAsync("raw_fin", ct, e => e.Number("stream") == group.Number("stream"));

        // GROUP: id 0, sequence 9; then each frame's size and bytes.
        byte[] expected =
        [
            0x00, 0x02, 0x00, 0x09, 0x41, 0x2c, .. Pattern.Frame("é", 9, 0, 300), 0x42, 0xbc, .. Pattern.Frame("é", 9, 1, 700),
        ];
        var seen = reader.Untaken("raw_data").Last(e => e.Number("stream") == group.Number("stream"));
        Assert.That(seen.Text("hex"), Is.EqualTo(Convert.ToHexStringLower(expected)));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task APeerThatIsKilled_FailsTheWaitWithItsNameAndItsEvents(CancellationToken ct)
    {
        await using var peer = NodePeer.Start("victim");
        var failed = await peer.AskAsync(new { cmd = "nonsense" }, "error", ct);
        Assert.That(failed.Text("message"), Does.Contain("nonsense"));
        await peer.AskAsync(new { cmd = "listen" }, "listening", ct);
        await peer.SendAsync(new { cmd = "id" }, ct);

        var waiting = peer.ExpectAsync("connected", ct);
        await peer.ExpectAsync("id", ct);
        peer.Kill();

        await Assert.ThatAsync(() => waiting, Throws.TypeOf<AssertionException>().With.Message.Contains("'victim' ended"));
        await Assert.ThatAsync(
            () => peer.ExpectAsync("connected", ct), Throws.TypeOf<AssertionException>().With.Message.Contains("'victim' has ended"));
    }

    [Test]
    public void APatternWithAChangedByte_IsFoundAtThatByte()
    {
        var payload = Pattern.Frame("video", 3, 2, 200_000);
        Assert.That(Pattern.FirstDifference(payload, "video", 3, 2), Is.EqualTo(-1));
        Assert.That(Pattern.FirstDifference(payload.AsSpan(70_000), "video", 3, 2, offset: 70_000), Is.EqualTo(-1));
        payload[131_072] ^= 1;
        Assert.That(Pattern.FirstDifference(payload, "video", 3, 2), Is.EqualTo(131_072));
    }
}
