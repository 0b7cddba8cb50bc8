using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>The options for which groups are read and in which order, for priorities, and for the versions that are offered.</summary>
[CancelAfter(60_000)]
public class ReadingOptionTests : ToolTestBase
{
    [TestCase("oldest", "0\n1\n2\n3\n")]
    [TestCase("2", "2\n3\n")]
    [TestCase("latest", "3\n")]
    public async Task Start_IsTheFirstGroup(string start, string expected, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var track = PublishNumbers(peer, 4);
        using var reader = Subscribe(peer.Ticket, "--start", start, "--output", "-");
        await track.WaitForSubscriberAsync(token);
        track.Finish();
        var end = await reader.EndAsync(token);
        Assert.That((end.Code, end.Output), Is.EqualTo((0, expected)), end.Errors);
    }

    [Test]
    public async Task StartWithRetry_GoesOnWithTheFirstMissingGroup(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var track = PublishNumbers(peer, 2);
        using var reader = Subscribe(peer.Ticket, "--start", "oldest", "--retry", "--output", "-");
        foreach (var line in (string[])["0", "1"])
            Assert.That(await reader.ReadLineAsync(token), Is.EqualTo(line));
        await foreach (var e in peer.Moq.ReadSessionEventsAsync(cancellationToken: token))
        {
            e.Session.Close(MoqErrorCode.FromApplication(1), "a break");
            await e.Session.Closed;
            break;
        }

        Write(track, 2, 3);
        Assert.That(await reader.ReadLineAsync(token), Is.EqualTo("2"));
        Assert.That(await reader.ReadLineAsync(token), Is.EqualTo("3"));
        track.Finish();
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(end.Errors, Does.Not.Contain("missing"));
    }

    /// <summary>Group 1 comes last: in the order of arrival it is read last, and in that of the numbers group 2 waits for it.</summary>
    [TestCase("arrival", "0\n2\n1\n")]
    [TestCase("sequence", "0\n1\n2\n")]
    public async Task Order_IsThatOfArrivalOrOfNumbers(string order, string expected, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var track = PublishNumbers(peer, 1, new TrackOptions { MaxAge = TimeSpan.FromSeconds(30) });
        using var reader = Subscribe(peer.Ticket, "--order", order, "--output", "-");
        var first = await reader.ReadLineAsync(token);
        var second = track.CreateGroup(2);
        Write(second, 2);
        if (order == "arrival")
            Assert.That(await reader.ReadLineAsync(token), Is.EqualTo("2"));
        Write(track.CreateGroup(1), 1);
        track.Finish();
        var end = await reader.EndAsync(token);
        var read = order == "arrival" ? $"{first}\n2\n{end.Output}" : $"{first}\n{end.Output}";
        Assert.That((end.Code, read), Is.EqualTo((0, expected)), end.Errors);
        Assert.That(end.Errors, Does.Not.Contain("missing"));
    }

    [Test]
    public async Task MaxLatency_LimitsTheWaitForAMissingGroup(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        // Without the option, the reader would wait longer than the test.
        var track = PublishNumbers(peer, 1, new TrackOptions { MaxAge = TimeSpan.FromMinutes(10) });
        using var reader = Subscribe(peer.Ticket, "--max-latency", "100", "--output", "-");
        Assert.That(await reader.ReadLineAsync(token), Is.EqualTo("0"));
        Write(track.CreateGroup(2), 2);
        Assert.That(await reader.ReadLineAsync(token), Is.EqualTo("2"));
        track.Finish();
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(end.Errors, Does.Contain("moq: 1 group is missing\n"));
    }

    [Test]
    public async Task Newest_ReadsTheTrackToItsEnd(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var track = PublishNumbers(peer, 3);
        using var reader = Subscribe(peer.Ticket, "--order", "newest", "--priority", "7", "--output", "-");
        Assert.That(await reader.ReadLineAsync(token), Is.EqualTo("2"));
        track.Finish();
        Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
    }

    [TestCase("moq-lite-04,moq-lite-05", "moq-lite-06,moq-lite-04,moq-lite-05")]
    [TestCase("moq-lite-03", "moq-lite-03")]
    public async Task Alpn_LimitsTheVersions(string publishers, string subscribers, CancellationToken token)
    {
        using var publisher = Publish("--clock", "--priority", "9", "--alpn", publishers);
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--json", "--alpn", subscribers);
        var alpn = (await reader.ExpectAsync("connected", token)).GetProperty("alpn").GetString();
        Assert.That(publishers.Split(','), Does.Contain(alpn));
        await reader.ExpectAsync("subscribed", token);
        reader.Interrupt();
        publisher.Interrupt();
    }

    [Test]
    public async Task NoVersionInCommon_IsOneLine(CancellationToken token)
    {
        using var publisher = Publish("--clock", "--alpn", "moq-lite-05");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        AssertOneLine(await RunAsync(token, "ls", ticket, "--alpn", "moq-lite-06"), 1, "protocol");
        publisher.Interrupt();
    }

    private static TrackProducer PublishNumbers(LoopbackPeer peer, int count, TrackOptions? options = null)
    {
        var broadcast = peer.Moq.CreateBroadcast();
        var track = broadcast.CreateTrack("t", options ?? new TrackOptions { MaxAge = TimeSpan.FromMinutes(1) });
        Write(track, [.. Enumerable.Range(0, count)]);
        peer.Moq.Publish("n", broadcast);
        return track;
    }

    private static void Write(TrackProducer track, params int[] numbers)
    {
        foreach (var number in numbers)
            Write(track.AppendGroup(), number);
    }

    private static void Write(GroupProducer group, int number)
    {
        group.Write(Encoding.ASCII.GetBytes($"{number}\n"));
        group.Finish();
    }
}
