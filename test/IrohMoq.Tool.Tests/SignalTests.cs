using System.Diagnostics;

namespace IrohMoq.Tool.Tests;

/// <summary>The signals that end a command: at every stage, quickly, and with the session closed.</summary>
[CancelAfter(60_000)]
public class SignalTests : ToolTestBase
{
    private static readonly TimeSpan Quickly = TimeSpan.FromSeconds(2);

    [TestCase("INT")]
    [TestCase("TERM")]
    [TestCase("HUP")]
    [TestCase("QUIT")]
    public async Task QuietStandardInput_EndsAtOnce_AndTheReaderSeesCode0(string signal, CancellationToken token)
    {
        using var publisher = Publish("--lines");
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--json");
        await publisher.ExpectAsync("subscribed", token);
        await AssertEndsAsync(publisher, signal, token);
        Assert.That(Number(await reader.ExpectAsync("closed", token), "code"), Is.Zero);
        Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(1));
    }

    [Test]
    public async Task WaitForASubscriber_EndsAtOnce_WithTheTotals(CancellationToken token)
    {
        using var publisher = Publish("--clock");
        Assert.That(Number(await publisher.ExpectAsync("waiting", token), "readers"), Is.EqualTo(1));
        publisher.Signal("TERM");
        Assert.That(Number(await publisher.ExpectAsync("ended", token), "frames"), Is.Zero);
        Assert.That((await publisher.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    public async Task FifoThatNobodyOpens_DelaysNeitherTheTicketNorTheEnd(CancellationToken token)
    {
        using var fifo = ToolProcess.Bash("mkfifo \"$1\"", PathOf("fifo"));
        await fifo.EndAsync(token);
        using var publisher = Publish("--input", PathOf("fifo"));
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--output", PathOf("fifo2"), "--json");
        await publisher.ExpectAsync("subscribed", token);
        await AssertEndsAsync(publisher, "INT", token);
        await reader.EndAsync(token);

        using var keyed = Publish("--clock", "--secret-key", PathOf("fifo"));
        using var pause = ToolProcess.Bash("sleep 1");
        await pause.EndAsync(token);
        await AssertEndsAsync(keyed, "TERM", token);
    }

    [Test]
    public async Task OutputFifoThatNobodyReads_EndsAtOnce(CancellationToken token)
    {
        using var fifo = ToolProcess.Bash("mkfifo \"$1\"", PathOf("fifo"));
        await fifo.EndAsync(token);
        using var publisher = Publish("--clock");
        using var reader = Subscribe(
            TicketOf(await publisher.ExpectAsync("listening", token)), "--output", PathOf("fifo"), "--json");
        await reader.ExpectAsync("subscribed", token);
        await AssertEndsAsync(reader, "INT", token);
        publisher.Interrupt();
    }

    [Test]
    public async Task BlockedWrite_EndsAtOnce(CancellationToken token)
    {
        await File.WriteAllBytesAsync(PathOf("in"), new byte[40 << 20], token);
        using var publisher = Publish("--lossless", "--input", PathOf("in"));
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--output", "-");
        await publisher.ExpectAsync("subscribed", token);
        // Nothing reads the output, so the pipe is full after a moment.
        await publisher.ExpectAsync("progress", token);
        await AssertEndsAsync(reader, "INT", token);
        Assert.That(Number(await publisher.ExpectAsync("closed", token), "code"), Is.Zero);
    }

    [Test]
    public async Task Dial_EndsAtOnce(CancellationToken token)
    {
        var id = (await RunAsync(token, "id")).Output.Trim();
        using var reader = new ToolProcess(
            "subscribe", "--id", id, "--addr", "127.0.0.1:9", "--name", "n", "--track", "t", "--retry", "--json");
        using var pause = ToolProcess.Bash("sleep 1");
        await pause.EndAsync(token);
        await AssertEndsAsync(reader, "TERM", token);
    }

    [Test]
    public async Task SecondSignal_KillsAtOnce(CancellationToken token)
    {
        // The output is not read, so the command cannot end within the second that the first signal leaves it.
        using var simulation = new ToolProcess("simulate", "--runs", "1000000", "--trace");
        await simulation.Output.ReadLineAsync(token);
        using var pause = ToolProcess.Bash("sleep 1");
        await pause.EndAsync(token);
        simulation.Signal("TERM");
        simulation.Signal("HUP");
        await simulation.WaitAsync(token);
        Assert.That((await simulation.EndAsync(token)).Code, Is.EqualTo(128 + 1));
    }

    [Test]
    public async Task OutputThatNobodyReads_DoesNotDelayTheEnd(CancellationToken token)
    {
        using var simulation = new ToolProcess("simulate", "--runs", "1000000", "--trace");
        await simulation.Output.ReadLineAsync(token);
        using var pause = ToolProcess.Bash("sleep 1");
        await pause.EndAsync(token);
        await AssertEndsAsync(simulation, "INT", token);
    }

    [Test]
    public async Task HangUpThatIsIgnored_StaysIgnored(CancellationToken token)
    {
        using var publisher = ToolProcess.Bash(
            "trap '' HUP; exec $MOQ publish --bind 127.0.0.1:0 --name n --track t --clock --json");
        var listening = await publisher.ExpectAsync("waiting", token);
        publisher.Signal("HUP");
        Assert.That(Number(listening, "readers"), Is.EqualTo(1));
        publisher.Signal("TERM");
        Assert.That((await publisher.EndAsync(token)).Code, Is.EqualTo(130));
    }

    private static async Task AssertEndsAsync(ToolProcess process, string signal, CancellationToken token)
    {
        var began = Stopwatch.GetTimestamp();
        process.Signal(signal);
        await process.WaitAsync(token);
        Assert.That(Stopwatch.GetElapsedTime(began), Is.LessThan(Quickly));
        Assert.That((await process.EndAsync(token)).Code, Is.EqualTo(130));
    }
}
