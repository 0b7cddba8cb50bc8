using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace IrohMoq.Tool.Tests;

/// <summary>Ends transfers of files in the middle, and continues them.</summary>
[UnsupportedOSPlatform("windows")]
public class FileResumeTests : FileTransferTestBase
{
    [Test]
    [CancelAfter(120_000)]
    public async Task ReceiverThatIsKilled_ContinuesTheNextTime(CancellationToken token)
    {
        const long size = 400_000_000;
        using var sender = Send(FileTree.WriteSparse(Source, "large", size));
        var ticket = await TicketAsync(sender, token);
        using (var killed = new ToolProcess("receive", ticket, "--to", Target, "--json"))
        {
            await FileTree.WhenWrittenAsync(Target, PartSuffix, token);
            await killed.KillAsync(token);
        }

        var part = new FileInfo(Path.Combine(Target, $"large{PartSuffix}")).Length;
        Assert.That(part, Is.GreaterThan(0).And.LessThan(size));
        var received = await ReceiveAsync(ticket, token);
        Assert.That((Number(received, "files"), Number(received, "bytes")), Is.EqualTo((1L, size - part)));
        Assert.That(Directory.GetFiles(Target), Is.EqualTo(new[] { Path.Combine(Target, "large") }));
        Assert.That(new FileInfo(Path.Combine(Target, "large")).Length, Is.EqualTo(size));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task SenderThatIsKilled_AndStartedAgain_IsContinuedByAReceiverThatRetries(CancellationToken token)
    {
        const long size = 400_000_000;
        var file = FileTree.WriteSparse(Source, "large", size);
        var key = Path.Combine(Folder, "key");
        var address = FreeAddress();
        using var first = new ToolProcess("send", file, "--bind", address, "--secret-key", key, "--json");
        using var receiver = new ToolProcess(
            "receive", await TicketAsync(first, token), "--to", Target, "--retry", "--timeout", "5", "--json");
        await FileTree.WhenWrittenAsync(Target, PartSuffix, token);
        await first.KillAsync(token);
        using var second = new ToolProcess("send", file, "--bind", address, "--secret-key", key, "--once", "--json");
        Assert.That(Text(await receiver.ExpectAsync("retry", token), "reason"), Is.Not.Empty);
        var received = await receiver.ExpectAsync("received", token);
        Assert.That(Number(received, "bytes"), Is.GreaterThan(0).And.LessThan(size));
        Assert.That((await receiver.EndAsync(token)).Code, Is.Zero);
        Assert.That((await second.EndAsync(token)).Code, Is.Zero);
        Assert.That(new FileInfo(Path.Combine(Target, "large")).Length, Is.EqualTo(size));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task SenderThatEnds_EndsTheReceiverWith1_AndTheMessageSaysWhatToDo(CancellationToken token)
    {
        using var sender = Send(FileTree.WriteSparse(Source, "large", 4_000_000_000));
        using var receiver = new ToolProcess("receive", await TicketAsync(sender, token), "--to", Target, "--json");
        await FileTree.WhenWrittenAsync(Target, PartSuffix, token);
        sender.Interrupt();
        Assert.That((await sender.EndAsync(token)).Code, Is.EqualTo(130));
        Assert.That(
            Text(await receiver.ExpectAsync("error", token), "message"),
            Does.Match(
                @"^the connection was lost when .* of 4\.00 GB were here: the session with \w+ has ended: "
                + @"closed by the peer, 'interrupted'\. Run the same command again to continue\.$"));
        Assert.That((await receiver.EndAsync(token)).Code, Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ReceiverThatIsInterrupted_ExitsWith130_AndTheSenderServesOn(CancellationToken token)
    {
        using var sender = Send(FileTree.WriteSparse(Source, "large", 4_000_000_000));
        using var receiver = new ToolProcess("receive", await TicketAsync(sender, token), "--to", Target, "--json");
        await FileTree.WhenWrittenAsync(Target, PartSuffix, token);
        receiver.Interrupt();
        Assert.That((await receiver.EndAsync(token)).Code, Is.EqualTo(130));
        Assert.That(
            Text(await sender.ExpectAsync("incomplete", token), "reason"),
            Is.EqualTo("the session ended: closed by the peer, 'interrupted'"));
        sender.Interrupt();
        Assert.That((await sender.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task PartOfAnotherFile_IsReplacedFromItsBeginning(CancellationToken token)
    {
        using var sender = Send(FileTree.Write(Source, "file", [1, 2, 3, 4]));
        FileTree.Write(Target, $"file{PartSuffix}", [9, 9]);
        using var receiver = new ToolProcess("receive", await TicketAsync(sender, token), "--to", Target, "--json");
        Assert.That(Text(await receiver.ExpectAsync("restarted", token), "path"), Is.EqualTo("file"));
        Assert.That((await receiver.EndAsync(token)).Code, Is.Zero);
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(Target, "file"), token), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
    }

    private static string FreeAddress()
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.Client.LocalEndPoint!.ToString()!;
    }
}
