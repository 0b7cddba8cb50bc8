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
        Assert.That(end.Errors, Does.Match("moq: [0-9,]+ groups are missing\nmoq: '.*' is unchanged; .*\nmoq: [0-9,]+ groups are missing, so"));
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
