using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>The signals that end a command: at every stage, quickly, and with the session closed.</summary>
[CancelAfter(60_000)]
[NonParallelizable]
public class SignalTests : ToolTestBase
{
    // The command ends within a second; the rest is for starting the program that sends the signal.
    private static readonly TimeSpan Quickly = TimeSpan.FromSeconds(1.5);

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
    public async Task ReaderOfAPublisherThatWasInterrupted_IsToldTheCodeOnce(CancellationToken token)
    {
        using var publisher = Publish("--lines");
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--output", "-");
        await publisher.ExpectAsync("subscribed", token);
        publisher.Interrupt();
        var error = (await reader.EndAsync(token)).Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.That(error, Does.StartWith("moq: ").And.Contain("interrupted"));
        Assert.That(error.Split("code 0"), Has.Length.EqualTo(2), error);
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
        using var fifo = ToolProcess.Bash("mkfifo -m 600 \"$1\" \"$2\"", PathOf("fifo"), PathOf("fifo2"));
        await fifo.EndAsync(token);
        using var publisher = Publish("--input", PathOf("fifo"));
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--output", PathOf("fifo2"), "--json");
        await publisher.ExpectAsync("subscribed", token);
        await AssertEndsAsync(publisher, "INT", token);
        await reader.EndAsync(token);

        using var keyed = Publish("--clock", "--secret-key", PathOf("fifo"));
        // Opening the FIFO for writing waits until the command has opened it for reading.
        using var writer = ToolProcess.Bash("exec 3>\"$1\"; echo open; read", PathOf("fifo"));
        Assert.That(await writer.ReadLineAsync(token), Is.EqualTo("open"));
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
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var reader = new ToolProcess(
            "subscribe", "--id", id, "--addr", $"{silent.Client.LocalEndPoint}", "--name", "n", "--track", "t", "--retry", "--json");
        await silent.ReceiveAsync(token);
        await AssertEndsAsync(reader, "TERM", token);
    }

    [Test]
    public async Task SecondSignal_KillsAtOnce(CancellationToken token)
    {
        // The output is not read, so the command cannot end within the second that the first signal leaves it.
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var publisher = await PublishBlockedAsync(peer, ">&3", token);
        publisher.Signal("TERM");
        publisher.Signal("HUP");
        await publisher.WaitAsync(token);
        Assert.That((await publisher.EndAsync(token)).Code, Is.EqualTo(128 + 1));
    }

    [TestCase(">&3")]
    [TestCase("2>&3")]
    [TestCase(">&3 2>&3")]
    public async Task BlockedStandardStreams_DoNotDelayTheEnd(string blocked, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var publisher = await PublishBlockedAsync(peer, blocked, token);
        await AssertEndsAsync(publisher, "INT", token);
    }

    [TestCase("HUP")]
    [TestCase("QUIT")]
    public async Task Sender_EndsAtOnce(string signal, CancellationToken token)
    {
        using var sender = new ToolProcess("send", FileTree.Write(Folder, "a", [1]), "--bind", "127.0.0.1:0", "--json");
        await sender.ExpectAsync("files", token);
        await AssertEndsAsync(sender, signal, token);
    }

    [TestCase("HUP")]
    [TestCase("QUIT")]
    public async Task ReceiverAndSender_EndAtOnce_InTheMiddleOfATransfer(string signal, CancellationToken token)
    {
        var file = FileTree.WriteSparse(Folder, "large", 20_000_000_000);
        using var sender = new ToolProcess("send", file, "--bind", "127.0.0.1:0", "--json");
        var ticket = TicketOf(await sender.ExpectAsync("listening", token));
        foreach (var isSender in (bool[])[false, true])
        {
            var target = Directory.CreateDirectory(PathOf($"{isSender}")).FullName;
            using var receiver = new ToolProcess("receive", ticket, "--to", target, "--json");
            await FileTree.WhenWrittenAsync(target, ".moq-part", token);
            await AssertEndsAsync(isSender ? sender : receiver, signal, token);
            await receiver.EndAsync(token);
        }
    }

    [TestCase("HUP")]
    [TestCase("QUIT")]
    public async Task List_EndsAtOnce_WhileItFollows(string signal, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        peer.Moq.Publish("n", peer.Moq.CreateBroadcast());
        using var list = new ToolProcess("ls", peer.Ticket, "--follow", "--json");
        await list.ExpectAsync("announced", token);
        await AssertEndsAsync(list, signal, token);
    }

    [Test]
    public void WithoutAStatusFile_NoSignalIsIgnored() => Assert.That(Signals.IsIgnored(2, PathOf("missing")), Is.False);

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

    /// <summary>
    /// Starts a publisher that dials a peer, with standard streams that are a full pipe, and waits until it has announced its broadcast.
    /// </summary>
    private async Task<ToolProcess> PublishBlockedAsync(LoopbackPeer peer, string blocked, CancellationToken token)
    {
        var publisher = ToolProcess.Bash(
            "mkfifo \"$1\"; exec 3<>\"$1\"; head -c 65536 /dev/zero >&3; "
            + $"exec $MOQ publish --dial \"$2\" --name n --track t --clock -v {blocked}",
            PathOf("full"), peer.Ticket);
        await foreach (var announcement in peer.Moq.ReadAnnouncementsAsync(cancellationToken: token))
        {
            Assert.That(announcement.Path, Is.EqualTo(new BroadcastPath("n")));
            break;
        }

        return publisher;
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
