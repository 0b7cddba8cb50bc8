namespace IrohMoq.Tool.Tests;

/// <summary>Standard streams, pipes and devices: what arrives is passed on at once, and what cannot be written ends the command.</summary>
[CancelAfter(60_000)]
public class PipeTests : ToolTestBase
{
    private const string SubscribeTo = "$MOQ subscribe \"$1\" --name n --track t";

    [Test]
    public async Task ReaderThatGoesAway_EndsTheSubscriberAndTheSession(CancellationToken token)
    {
        using var publisher = Publish("--clock");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = ToolProcess.Bash($"{SubscribeTo} --output - | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}", ticket);
        var closed = await publisher.ExpectAsync("closed", token);
        Assert.That(Number(closed, "code"), Is.Zero);
        Assert.That(closed.GetProperty("reason").GetString(), Does.StartWith("standard output cannot be written: "));
        var end = await reader.EndAsync(token);
        Assert.That(end.Output, Is.EqualTo("1\n"));
        Assert.That(end.Errors, Does.Contain("moq: standard output cannot be written"));
    }

    [Test]
    public async Task ReaderThatGoesAway_IsNoticedWhileNothingIsWritten(CancellationToken token)
    {
        using var publisher = Publish("--lines");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = ToolProcess.Bash($"{SubscribeTo} --output - | read -n 1; echo ${{PIPESTATUS[0]}}", ticket);
        await publisher.ExpectAsync("subscribed", token);
        await publisher.Input.WriteLineAsync("one line and then silence");
        await publisher.Input.FlushAsync(token);
        await publisher.ExpectAsync("closed", token);
        Assert.That((await reader.EndAsync(token)).Output, Is.EqualTo("1\n"));
        publisher.Interrupt();
    }

    [Test]
    public async Task ReaderOfAFifoThatGoesAway_IsNoticedWhileNothingIsWritten(CancellationToken token)
    {
        using var publisher = Publish("--lines");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = ToolProcess.Bash(
            $"mkfifo \"$2\"; read -n 1 <\"$2\" & {SubscribeTo} --output \"$2\"; echo $?", ticket, PathOf("fifo"));
        await publisher.ExpectAsync("subscribed", token);
        await publisher.Input.WriteLineAsync("one line and then silence");
        await publisher.Input.FlushAsync(token);
        await publisher.ExpectAsync("closed", token);
        var end = await reader.EndAsync(token);
        Assert.That(end.Output, Does.EndWith("1\n"));
        Assert.That(end.Errors, Does.Contain("fifo' cannot be written: the other end is closed"));
        publisher.Interrupt();
    }

    [TestCase("")]
    [TestCase("--json")]
    [TestCase("--output -")]
    public async Task OutputThatIsFull_EndsTheCommandWith1(string options, CancellationToken token)
    {
        using var publisher = Publish("--clock");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = ToolProcess.Bash($"exec {SubscribeTo} {options} >/dev/full", ticket);
        AssertOneLine(Without("connected announced subscribed ended closed", await reader.EndAsync(token)), 1, "no space left on device");
        var closed = await publisher.ExpectAsync("closed", token);
        Assert.That(Number(closed, "code"), Is.GreaterThan(0));
        Assert.That(
            closed.GetProperty("reason").GetString(), Is.EqualTo("standard output cannot be written: no space left on device"));
    }

    [TestCase("id --secret-key $1 >/dev/full", "no space left on device")]
    [TestCase("id --secret-key $1 --json >/dev/full", "no space left on device")]
    [TestCase("id --secret-key $1 >&-", "it is closed")]
    [TestCase("simulate --steps 5 >&-", "it is closed")]
    [TestCase("publish --name n --track t --clock >&-", "it is closed")]
    [TestCase("publish --name n --track t --clock --json >/dev/full", "no space left on device")]
    [TestCase("publish --name n --track t <&-", "standard input is closed")]
    public async Task LineThatCannotBeWritten_EndsEveryCommandWith1(string command, string reason, CancellationToken token)
    {
        using var tool = ToolProcess.Bash($"exec $MOQ {command}", PathOf("key"));
        AssertOneLine(await tool.EndAsync(token), 1, reason);
    }

    [TestCase("2>&-", "out")]
    [TestCase("<&- 2>&-", "out")]
    public async Task ClosedStandardStreams_AreNotTakenForOtherFiles(string closed, string name, CancellationToken token)
    {
        await File.WriteAllBytesAsync(PathOf("in"), new byte[300_000], token);
        using var publisher = Publish("--lossless", "--input", PathOf("in"));
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = ToolProcess.Bash($"exec {SubscribeTo} --output - {closed} >\"$2\"", ticket, PathOf(name));
        Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
        Assert.That(new FileInfo(PathOf(name)).Length, Is.EqualTo(300_000));
    }

    [TestCase("--output - >&-")]
    [TestCase("--output - <&- >&- 2>&-")]
    [TestCase("--json <&- >&- 2>&-")]
    public async Task ClosedStandardOutput_EndsWith1(string closed, CancellationToken token)
    {
        using var publisher = Publish("--clock");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = ToolProcess.Bash($"exec {SubscribeTo} {closed}", ticket);
        Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(1));
    }

    [Test]
    public async Task UnfinishedLine_IsPassedOnWithoutLines(CancellationToken token)
    {
        using var publisher = Publish();
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = Subscribe(ticket, "--output", "-");
        await publisher.ExpectAsync("subscribed", token);
        await publisher.Input.WriteAsync("no line end");
        await publisher.Input.FlushAsync(token);
        var seen = new char[11];
        await reader.Output.ReadBlockAsync(seen, token);
        Assert.That(new string(seen), Is.EqualTo("no line end"));
        publisher.Input.Close();
        Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task SeveralMegabytesThroughPipes_ArriveUnchanged(CancellationToken token)
    {
        using var publisher = ToolProcess.Bash(
            "head -c 30000000 /dev/zero | tr '\\0' 'x' | $MOQ publish --bind 127.0.0.1:0 --name n --track t --lossless --json");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = ToolProcess.Bash($"{SubscribeTo} --output - | tr -d x | wc -c", ticket);
        Assert.That(Number(await publisher.ExpectAsync("ended", token), "bytes"), Is.EqualTo(30_000_000));
        Assert.That((await reader.EndAsync(token)).Output, Is.EqualTo("0\n"));
    }

    [Test]
    public async Task Fifos_CarryTheDataFromOneEndToTheOther(CancellationToken token)
    {
        using var fifos = ToolProcess.Bash("mkfifo \"$1\" \"$2\"", PathOf("in"), PathOf("out"));
        await fifos.EndAsync(token);
        using var publisher = Publish("--lines", "--input", PathOf("in"));
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = Subscribe(ticket, "--output", PathOf("out"));
        using var lines = ToolProcess.Bash("echo hello >\"$1\"; cat \"$2\"", PathOf("in"), PathOf("out"));
        Assert.That((await lines.EndAsync(token)).Output, Is.EqualTo("hello\n"));
        Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
        Assert.That((await publisher.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task GroupsThatALiveReaderMissed_AreSummedUpOnBothSides(CancellationToken token)
    {
        using var publisher = Publish("--lines", "--group-frames", "1");
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--json");
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
        Assert.That(Number(await reader.ExpectAsync("ended", token), "missing"), Is.GreaterThan(0));
        var (code, _, errors) = await reader.EndAsync(token);
        Assert.That((code, errors), Is.EqualTo((0, errors)));
        Assert.That(errors, Does.Match("^moq: [0-9,]+ groups are missing(, 1 of them in part)?\n$"));
        (code, _, errors) = await publisher.EndAsync(token);
        Assert.That((code, errors), Is.EqualTo((0, errors)));
        Assert.That(errors, Does.Match("^moq: [0-9,]+ groups were dropped for subscribers that were too slow"));
    }

    /// <summary>Leaves out the lines of standard error that only report events.</summary>
    private static (int Code, string Output, string Errors) Without(string events, (int Code, string Output, string Errors) end)
    {
        var words = events.Split(' ');
        var lines = end.Errors.Split('\n').Where(line => !words.Any(word => line.StartsWith(word, StringComparison.Ordinal)));
        return (end.Code, end.Output, string.Join('\n', lines.Where(static line => !line.StartsWith("n t ", StringComparison.Ordinal))));
    }
}
