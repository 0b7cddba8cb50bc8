using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>
/// A peer sends malformed bytes on its streams over real QUIC: the stream ends with a code, the same session still answers, and another
/// session is not affected.
/// </summary>
public sealed class HostileInteropTests
{
    private const long Cancel = 0;
    private const long Decode = 5;

    // ANNOUNCE_REQUEST for everything, and the announcement of "a" that answers it, with its sender as the only hop.
    private const string AskForAll = "010100";
    private const string AIsActive = "0401016101";

    [TestCase("", Cancel, TestName = "Nothing at all")]
    [TestCase("3f", Cancel, TestName = "A type that does not exist")]
    [TestCase("06", Cancel, TestName = "A type of another version")]
    [TestCase("40", Decode, TestName = "Half a type")]
    [TestCase("03", 17, TestName = "FETCH, which this version does not have")]
    [TestCase("010500", Decode, TestName = "A request for announcements that ends too early")]
    [TestCase("01ffffffffffffffff", Decode, TestName = "A request for announcements of the largest length")]
    [TestCase("010302fffe", Decode, TestName = "A prefix that is not UTF-8")]
    [TestCase("02", Decode, TestName = "A subscription without its message")]
    [TestCase("020a0001", Decode, TestName = "A subscription that ends too early")]
    [TestCase("02ffffffffffffffff", Decode, TestName = "A subscription of the largest length")]
    [TestCase("020a" + "00" + "0161" + "0174" + "00" + "02" + "000000", Decode, TestName = "A subscription with a boolean of two")]
    [TestCase("0209" + "00" + "0161" + "0174" + "00" + "000000" + "00", Decode, TestName = "A subscription longer than it says")]
    [TestCase("04024000ff", Decode, TestName = "A PROBE with bytes to spare")]
    [CancelAfter(60_000)]
    public async Task ALieOnAControlStream_EndsThatStreamWithACode(string hex, long code, CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var live = us.Moq.Publish("a", broadcast);
        await using var liar = NodePeer.Start("liar");
        await us.DialedByAsync(liar, ct, raw: true);
        var opened = await liar.AskAsync(new { cmd = "raw_open", kind = "bi", hex, finish = true }, "raw_opened", ct);
        var reset = await liar.ExpectAsync("raw_reset", ct, e => e.Number("stream") == opened.Number("stream"));
        Assert.That(reset.Number("code"), Is.EqualTo(code));
        await AssertAnswersAsync(liar, ct);
    }

    [TestCase("3f00", Cancel, TestName = "A type of stream that does not exist")]
    [TestCase("00020700", Cancel, TestName = "A group of a subscription that does not exist")]
    [TestCase("00ffffffffffffffff", Decode, TestName = "A group header of the largest length")]
    [TestCase("00020040", Decode, TestName = "A group header whose number is longer than the header")]
    [CancelAfter(60_000)]
    public async Task ALieOnAGroupStream_IsStoppedWithACode(string hex, long code, CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var live = us.Moq.Publish("a", broadcast);
        await using var liar = NodePeer.Start("liar");
        await us.DialedByAsync(liar, ct, raw: true);
        var opened = await liar.AskAsync(new { cmd = "raw_open", kind = "uni", hex }, "raw_opened", ct);
        var stopped = await liar.ExpectAsync("raw_stopped", ct, e => e.Number("stream") == opened.Number("stream"));
        Assert.That(stopped.Number("code"), Is.EqualTo(code));
        await AssertAnswersAsync(liar, ct);
    }

    [TestCase("04", TestName = "A PROBE without a message")]
    [TestCase("040105", TestName = "A PROBE with a target")]
    [CancelAfter(60_000)]
    public async Task AProbe_IsHeldOpen_AndEndedWhenThePeerEndsIt(string hex, CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var live = us.Moq.Publish("a", broadcast);
        await using var peer = NodePeer.Start("peer");
        await us.DialedByAsync(peer, ct, raw: true);
        var probe = (await peer.AskAsync(new { cmd = "raw_open", kind = "bi", hex }, "raw_opened", ct)).Number("stream");
        await AssertAnswersAsync(peer, ct);
        Assert.That(peer.Untaken("raw_reset"), Is.Empty);
        Assert.That(peer.Untaken("raw_fin"), Is.Empty);
        await peer.SendAsync(new { cmd = "raw_finish", stream = probe }, ct);
        await peer.ExpectAsync("raw_fin", ct, e => e.Number("stream") == probe);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AMalformedFrame_EndsItsGroup_AndTheTrackContinues(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var liar = NodePeer.Start("liar");
        var listening = await liar.AskAsync(new { cmd = "listen", raw = true }, "listening", ct);
        await using var session = await us.Moq.ConnectAsync(EndpointTicket.Parse(listening.Text("ticket")), ct);

        // Our side asks for announcements, and then for the track.
        var asked = (await liar.ExpectAsync("raw_accepted", ct, e => e.Text("kind") == "bi")).Number("stream");
        await liar.SendAsync(new { cmd = "raw_write", stream = asked, hex = AIsActive }, ct);
        await using var broadcast = await session.SubscribeAsync("a", ct);
        await using var groups = broadcast.Track("t").ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
        var next = groups.MoveNextAsync();
        var subscribed = (await liar.ExpectAsync("raw_accepted", ct, e => e.Text("kind") == "bi")).Number("stream");
        await liar.SendAsync(new { cmd = "raw_write", stream = subscribed, hex = "00050000000000" }, ct);

        // Group 0: a frame of three bytes, and one of which the end is missing.
        await liar.AskAsync(
            new { cmd = "raw_open", kind = "uni", hex = "00020000" + "03010203" + "05aaaa", finish = true }, "raw_opened", ct);
        Assert.That(await next, Is.True);
        await AssertBreaksOffAsync(groups.Current, 1, MoqErrorCode.WrongSize);

        // Group 1: a frame of 2^62-1 bytes.
        var huge = await liar.AskAsync(
            new { cmd = "raw_open", kind = "uni", hex = "00020001" + "01ff" + "ffffffffffffffff" }, "raw_opened", ct);
        Assert.That(await groups.MoveNextAsync(), Is.True);
        await AssertBreaksOffAsync(groups.Current, 1, MoqErrorCode.FrameTooLarge);
        var stopped = await liar.ExpectAsync("raw_stopped", ct, e => e.Number("stream") == huge.Number("stream"));
        Assert.That(stopped.Number("code"), Is.EqualTo((long)MoqErrorCode.FrameTooLarge.Value));

        // Group 1 again is a duplicate: the second stream is stopped.
        var again = await liar.AskAsync(new { cmd = "raw_open", kind = "uni", hex = "00020001" + "0101" }, "raw_opened", ct);
        stopped = await liar.ExpectAsync("raw_stopped", ct, e => e.Number("stream") == again.Number("stream"));
        Assert.That(stopped.Number("code"), Is.EqualTo((long)MoqErrorCode.Duplicate.Value));

        // Group 2 is valid.
        await liar.AskAsync(new { cmd = "raw_open", kind = "uni", hex = "00020002" + "020708", finish = true }, "raw_opened", ct);
        Assert.That(await groups.MoveNextAsync(), Is.True);
        await using var frames = groups.Current.ReadFramesAsync(ct).GetAsyncEnumerator(ct);
        Assert.That(await frames.MoveNextAsync(), Is.True);
        Assert.That(frames.Current.ToArray(), Is.EqualTo(new byte[] { 7, 8 }));
        Assert.That(await frames.MoveNextAsync(), Is.False);
        Assert.That(session.Closed.IsCompleted, Is.False);

        async Task AssertBreaksOffAsync(GroupConsumer group, int whole, MoqErrorCode code)
        {
            await using var read = group.ReadFramesAsync(ct).GetAsyncEnumerator(ct);
            for (var i = 0; i < whole; i++)
                Assert.That(await read.MoveNextAsync(), Is.True);
            var failure = await Assert.ThrowsAsync<MoqStreamException>(async () => await read.MoveNextAsync());
            Assert.That(failure!.Code, Is.EqualTo(code));
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AnAnswerThatIsNone_FailsTheSubscription_AndAMalformedAnnouncementTheSession(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var liar = NodePeer.Start("liar");
        var listening = await liar.AskAsync(new { cmd = "listen", raw = true }, "listening", ct);
        await using var session = await us.Moq.ConnectAsync(EndpointTicket.Parse(listening.Text("ticket")), ct);
        var asked = (await liar.ExpectAsync("raw_accepted", ct, e => e.Text("kind") == "bi")).Number("stream");

        // An end of a broadcast that is not live has no effect, nor has a second announcement.
        await liar.SendAsync(new { cmd = "raw_write", stream = asked, hex = "0400017800" + AIsActive + AIsActive }, ct);
        await using var broadcast = await session.SubscribeAsync("a", ct);
        await using var groups = broadcast.Track("t").ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
        var next = groups.MoveNextAsync();
        var subscribed = (await liar.ExpectAsync("raw_accepted", ct, e => e.Text("kind") == "bi")).Number("stream");
        await liar.SendAsync(new { cmd = "raw_write", stream = subscribed, hex = "07ff" }, ct);
        await Assert.ThatAsync(async () => await next, Throws.InstanceOf<MoqException>());
        Assert.That(session.Closed.IsCompleted, Is.False);

        await liar.SendAsync(new { cmd = "raw_write", stream = asked, hex = "ffffffffffffffff" }, ct);
        var closed = await liar.ExpectAsync("closed", ct);
        Assert.That((closed.Text("by"), closed.Number("code")), Is.EqualTo(("peer", Decode)));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ASessionFullOfLies_LeavesTheOtherSessionAlone(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = us.Moq.Publish("a", broadcast);
        await using var reader = NodePeer.Start("reader");
        await us.DialedByAsync(reader, ct);
        await reader.SendAsync(new { cmd = "subscribe", name = "a", track = "t" }, ct);
        await track.WaitForSubscriberAsync(ct);
        await using var liar = NodePeer.Start("liar");
        await us.DialedByAsync(liar, ct, raw: true);

        int[][] groups = [.. Enumerable.Repeat(new[] { 100, 50_000 }, 20)];
        var writing = TrackPattern.WriteAsync(track, groups, ct);
        string[] lies = ["3f00", "00ffffffffffffffff", "00020700", "00020040", ""];
        for (var i = 0; i < 40; i++)
        {
            await liar.SendAsync(new { cmd = "raw_open", kind = "uni", hex = lies[i % lies.Length], finish = i % 2 == 0 }, ct);
            await liar.SendAsync(new { cmd = "raw_open", kind = "bi", hex = lies[(i + 1) % lies.Length], reset = i }, ct);
        }

        await AssertAnswersAsync(liar, ct);
        var end = await reader.ExpectAsync("track_end", ct);
        Assert.That((end.Number("groups"), end.Number("bytes"), end.Flag("ok")), Is.EqualTo((20L, 20 * 50_100L, true)));
        await writing;
        Assert.That(liar.Untaken("closed"), Is.Empty);
        Assert.That(reader.Untaken("closed"), Is.Empty);
    }

    private static async Task AssertAnswersAsync(NodePeer peer, CancellationToken ct)
    {
        await peer.SendAsync(new { cmd = "raw_open", kind = "bi", hex = AskForAll }, ct);
        await peer.ExpectAsync("raw_data", ct, e => e.Has("hex") && e.Text("hex") == AIsActive);
        Assert.That(peer.Untaken("closed"), Is.Empty);
    }
}
