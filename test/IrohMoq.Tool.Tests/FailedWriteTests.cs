using System.Runtime.Versioning;

namespace IrohMoq.Tool.Tests;

/// <summary>Outputs that can be written at first and not to the end, as on a disk that becomes full.</summary>
[CancelAfter(60_000)]
[UnsupportedOSPlatform("windows")]
public class FailedWriteTests : FileTransferTestBase
{
    private const int Limit = 1 << 20;

    // No file may be larger than the limit. The setting is for the memory of the runtime, which is a file too.
    private const string Limited = "export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f 1024; exec $MOQ";

    [Test]
    public async Task Subscriber_KeepsTheOldFileAndWhatHasArrived_AndTellsThePublisherWhy(CancellationToken token)
    {
        var file = FileTree.Write(Target, "out", "precious"u8.ToArray());
        // More than the subscriber keeps in memory, so that the publisher learns that not everything was read.
        var input = FileTree.WriteSparse(Source, "in", 64 << 20);
        using var publisher = new ToolProcess(
            "publish", "--bind", "127.0.0.1:0", "--name", "n", "--track", "t", "--json", "--input", input);
        var ticket = Text(await publisher.ExpectAsync("listening", token), "ticket");
        using var reader = ToolProcess.Bash($"{Limited} subscribe \"$1\" --name n --track t --output \"$2\"", ticket, file);
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(end.Errors, Does.Contain($"moq: '{file}.part' cannot be written: ").And.Contain($"'{file}' is unchanged"));
        Assert.That(await File.ReadAllTextAsync(file, token), Is.EqualTo("precious"));
        Assert.That(new FileInfo($"{file}.part").Length, Is.GreaterThan(0).And.LessThanOrEqualTo(Limit));

        var closed = await publisher.ExpectAsync("closed", token);
        Assert.That(Number(closed, "code"), Is.GreaterThan(0));
        Assert.That(Text(closed, "reason"), Does.StartWith("'out.part' cannot be written: "));
        Assert.That((await publisher.EndAsync(token)).Code, Is.EqualTo(1));
    }

    [Test]
    public async Task Receiver_KeepsWhatHasArrived_AndTellsTheSenderWhy(CancellationToken token)
    {
        using var sender = Send(FileTree.Write(Source, "large", new byte[8 << 20]));
        var ticket = await TicketAsync(sender, token);
        using var receiver = ToolProcess.Bash($"{Limited} receive \"$1\" --to \"$2\"", ticket, Target);
        var end = await receiver.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(end.Errors, Does.Match("^moq: .* becomes too large: no larger file is possible here\n$"));
        Assert.That(
            new FileInfo(Path.Combine(Target, $"large{PartSuffix}")).Length, Is.GreaterThan(0).And.LessThanOrEqualTo(Limit));
        var incomplete = await sender.ExpectAsync("incomplete", token);
        Assert.That(Text(incomplete, "reason"), Does.Contain("no larger file").And.Not.Contain(Target));

        // With room again, the next run continues.
        Assert.That(Number(await ReceiveAsync(ticket, token), "bytes"), Is.LessThan(8 << 20));
    }

    [Test]
    public async Task FileThatCannotGetItsName_Fails_AndTheOthersArrive(CancellationToken token)
    {
        using var sender = Send(FileTree.WriteSparse(Source, "a", 400_000_000), FileTree.Write(Source, "b", [1]));
        using var receiver = new ToolProcess("receive", await TicketAsync(sender, token), "--to", Target, "--json");
        await FileTree.WhenWrittenAsync(Target, PartSuffix, token);
        // Another program creates a folder with the name of the file.
        Directory.CreateDirectory(Path.Combine(Target, "a"));
        var failed = await receiver.ExpectAsync("failed", token);
        Assert.That((Text(failed, "path"), Text(failed, "reason")), Is.EqualTo(("a", Text(failed, "reason"))));
        Assert.That(Text(failed, "reason"), Does.StartWith("it cannot get its name: ").And.EndWith("what was received is kept"));
        var received = await receiver.ExpectAsync("received", token);
        Assert.That((Number(received, "files"), Number(received, "failed")), Is.EqualTo((1L, 1L)));
        Assert.That((await receiver.EndAsync(token)).Code, Is.EqualTo(1));
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(Target, "b"), token), Is.EqualTo(new byte[] { 1 }));
    }
}
