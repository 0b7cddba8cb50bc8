using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>A track that was not read completely: neither side ends as if it was.</summary>
[CancelAfter(60_000)]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public class IncompleteTrackTests : ToolTestBase
{
    private string Out => PathOf("out");

    [SetUp]
    public void WriteTheOldFile() => File.WriteAllText(Out, "precious");

    [Test]
    public async Task LiveTrackWithMissingGroups_DoesNotReplaceAFile(CancellationToken token)
    {
        using var publisher = Publish("--lines", "--group-frames", "1");
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--output", Out, "--json");
        await publisher.Input.WriteLineAsync("first");
        await publisher.Input.FlushAsync(token);
        await reader.ExpectAsync("subscribed", token);

        // The publisher keeps 1,024 groups for a reader that is suspended.
        reader.Signal("STOP");
        for (var i = 0; i < 20_000; i++)
            await publisher.Input.WriteLineAsync($"{i}");
        await publisher.Input.FlushAsync(token);
        while (Number(await publisher.ExpectAsync("progress", token), "frames") < 20_001)
        {
        }

        reader.Signal("CONT");
        publisher.Input.Close();
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(
            end.Errors,
            Does.Match("moq: [0-9,]+ groups are missing.*\nmoq: '.*' is unchanged; .*\nmoq: [0-9,]+ groups are missing.*, so"));
        Assert.That(await File.ReadAllTextAsync(Out, token), Is.EqualTo("precious"));
        Assert.That(await File.ReadAllTextAsync($"{Out}.part", token), Does.StartWith("first\n"));
        Assert.That((await publisher.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task AbortedGroup_DoesNotReplaceAFile(CancellationToken token)
    {
        await using var endpoint = await BindAsync(token);
        await using var moq = Moq.Serve(endpoint);
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = moq.Publish("n", broadcast);
        using var subscriber = Subscribe(endpoint.Ticket.ToString(), "--output", Out);
        await track.WaitForSubscriberAsync(token);
        for (var i = 0; i < 3; i++)
        {
            using var group = track.AppendGroup();
            group.Write(Encoding.ASCII.GetBytes($"group {i}\n"));
            if (i == 1)
                group.Abort(new MoqErrorCode(99));
            else
                group.Finish();
        }

        track.Finish();
        var end = await subscriber.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(await File.ReadAllTextAsync(Out, token), Is.EqualTo("precious"));
        Assert.That(await File.ReadAllTextAsync($"{Out}.part", token), Does.EndWith("group 2\n"));
    }

    [Test]
    public async Task GroupThatIsAbortedBeforeItIsRead_OnALosslessTrack_EndsWith1(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var broadcast = peer.Moq.CreateBroadcast();
        var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        peer.Moq.Publish("n", broadcast);
        using var subscriber = Subscribe(peer.Ticket, "--output", "-");
        await track.WaitForSubscriberAsync(token);
        for (var i = 0; i < 3; i++)
        {
            using var group = track.AppendGroup();
            if (i == 1)
            {
                group.Abort(new MoqErrorCode(99));
                continue;
            }

            group.Write(Encoding.ASCII.GetBytes($"group {i}\n"));
            group.Finish();
        }

        track.Finish();
        var end = await subscriber.EndAsync(token);
        Assert.That((end.Code, end.Output), Is.EqualTo((1, "group 0\ngroup 2\n")), end.Errors);
        Assert.That(end.Errors, Does.EndWith("moq: 1 group is missing, because the publisher has aborted it\n"));
    }

    [TestCase("")]
    [TestCase("--live")]
    [TestCase("--lossless=false")]
    public async Task File_IsPublishedLosslessly_UnlessItIsLive(string option, CancellationToken token)
    {
        await File.WriteAllBytesAsync(PathOf("in"), new byte[100_000_000], token);
        string[] options = option.Length > 0 ? ["--input", PathOf("in"), option] : ["--input", PathOf("in")];
        using var publisher = Publish(options);
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--json");
        await reader.ExpectAsync("subscribed", token);
        // A live track does not wait for a reader that is suspended, and a lossless one does.
        reader.Signal("STOP");
        if (option.Length > 0)
        {
            while (Number(await publisher.ExpectAsync("progress", token), "bytes") < 100_000_000)
            {
            }
        }
        else
        {
            await publisher.ExpectAsync("progress", token);
            Assert.That(Number(await publisher.ExpectAsync("progress", token), "bytes"), Is.LessThan(100_000_000));
        }

        reader.Signal("CONT");
        Assert.That(Number(await reader.ExpectAsync("ended", token), "missing"), option.Length > 0 ? Is.GreaterThan(0) : Is.Zero);
        Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
        Assert.That((await publisher.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task LivePublisherWhoseOnlyReaderLeft_SaysSo_AndEndsWith1(CancellationToken token)
    {
        using var publisher = Publish("--lines");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = Subscribe(ticket);
        await publisher.ExpectAsync("subscribed", token);
        reader.Interrupt();
        await publisher.ExpectAsync("closed", token);
        await publisher.Input.WriteLineAsync("nobody reads this");
        publisher.Input.Close();
        AssertOneLine(await publisher.EndAsync(token), 1, "1 of 1 subscribers left");
    }

    [Test]
    public async Task LivePublisherOfWhichOneReaderLeft_SaysSo_AndEndsWith0(CancellationToken token)
    {
        using var publisher = Publish("--lines", "--wait-readers", "2");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var first = Subscribe(ticket);
        using var second = Subscribe(ticket);
        await publisher.ExpectAsync("subscribed", token);
        first.Interrupt();
        await publisher.ExpectAsync("closed", token);
        publisher.Input.Close();
        AssertOneLine(await publisher.EndAsync(token), 0, "1 of 2 subscribers left");
        Assert.That((await second.EndAsync(token)).Code, Is.Zero);
    }
}
