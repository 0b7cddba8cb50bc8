using System.Runtime.Versioning;

namespace IrohMoq.Tool.Tests;

/// <summary>Transfers files between processes of the tool.</summary>
[UnsupportedOSPlatform("windows")]
public class FileTransferTests : FileTransferTestBase
{
    [Test]
    [CancelAfter(60_000)]
    public async Task Folder_ArrivesAsItIs_AndASecondRunTransfersNothing(CancellationToken token)
    {
        var tree = Path.Combine(Source, "tree");
        FileTree.Create(tree);
        var single = FileTree.Write(Source, "single", [1, 2, 3]);
        File.CreateSymbolicLink(Path.Combine(tree, "link"), "/etc/passwd");
        using var sender = Send(tree, single);
        Assert.That(Text(await sender.ExpectAsync("skipped", token), "path"), Is.EqualTo("tree/link"));
        var ticket = await TicketAsync(sender, token);
        var offered = await sender.ExpectAsync("files", token);
        Assert.That((Number(offered, "files"), Number(offered, "folders")), Is.EqualTo((8L, 1L)));

        var bytes = Number(offered, "bytes");
        var first = await ReceiveAsync(ticket, token);
        Assert.That((Number(first, "files"), Number(first, "failed"), Number(first, "bytes")), Is.EqualTo((8L, 0L, bytes)));
        Assert.That(Text(await sender.ExpectAsync("delivered", token), "id"), Is.Not.Empty);
        File.Delete(Path.Combine(tree, "link"));
        Assert.That(FileTree.Describe(Target), Is.EqualTo(FileTree.Describe(Source)));

        var second = await ReceiveAsync(ticket, token);
        Assert.That((Number(second, "files"), Number(second, "already_here"), Number(second, "bytes")), Is.EqualTo((0L, 8L, 0L)));
        await sender.ExpectAsync("delivered", token);
        sender.Interrupt();
        Assert.That((await sender.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Text_ShowsTheCommandThatReceives_AndOnceEndsBothSidesWith0(CancellationToken token)
    {
        using var sender = new ToolProcess("send", FileTree.Write(Source, "hello", [1, 2]), "--bind", "127.0.0.1:0", "--once");
        string? line;
        do
            line = await sender.ReadLineAsync(token);
        while (line is not null && !line.Contains("moq receive", StringComparison.Ordinal));
        using var receiver = new ToolProcess("receive", line!.Split(' ')[^1], "--to", Target);
        var received = await receiver.EndAsync(token);
        Assert.That(received.Code, Is.Zero, received.Errors);
        Assert.That(received.Output, Does.Contain("received   hello").And.Contain("1 received"));
        var sent = await sender.EndAsync(token);
        Assert.That(sent.Code, Is.Zero, sent.Errors);
        Assert.That(sent.Output, Does.Contain("delivered"));
    }

    [TestCase("moq-lite-03", "moq-lite-06,moq-lite-03", "moq-lite-03")]
    [TestCase("moq-lite-06,moq-lite-05", "moq-lite-05", "moq-lite-05")]
    [CancelAfter(60_000)]
    public async Task Alpn_LimitsTheVersions(string sends, string receives, string expected, CancellationToken token)
    {
        using var sender = Send(FileTree.Write(Source, "hello", [1, 2]), "--alpn", sends);
        using var receiver = new ToolProcess("receive", await TicketAsync(sender, token), "--to", Target, "--json", "--alpn", receives);
        foreach (var side in new[] { receiver, sender })
            Assert.That(Text(await side.ExpectAsync("connected", token), "alpn"), Is.EqualTo(expected));
        Assert.That((await receiver.EndAsync(token)).Code, Is.Zero);
        Assert.That(File.ReadAllBytes(Path.Combine(Target, "hello")), Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task NoVersionInCommon_IsOneLine(CancellationToken token)
    {
        using var sender = Send(FileTree.Write(Source, "hello", [1, 2]), "--alpn", "moq-lite-05");
        using var receiver = new ToolProcess("receive", await TicketAsync(sender, token), "--to", Target, "--alpn", "moq-lite-06");
        var end = await receiver.EndAsync(token);
        Assert.That((end.Code, end.Errors.TrimEnd('\n').Split('\n').Length), Is.EqualTo((1, 1)), end.Errors);
        Assert.That(end.Errors, Does.StartWith("moq: ").And.Contain("protocol"));
        Assert.That(File.Exists(Path.Combine(Target, "hello")), Is.False);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TwoReceivers_AtOnce_ReceiveEverything(CancellationToken token)
    {
        var file = FileTree.Write(Source, "large", new byte[60_000_000]);
        using var sender = Send(file);
        var ticket = await TicketAsync(sender, token);
        using var one = new ToolProcess("receive", ticket, "--to", Path.Combine(Target, "1"), "--json");
        using var two = new ToolProcess("receive", ticket, "--to", Path.Combine(Target, "2"), "--json");
        Assert.That((await one.EndAsync(token)).Code, Is.Zero);
        Assert.That((await two.EndAsync(token)).Code, Is.Zero);
        await sender.ExpectAsync("delivered", token);
        await sender.ExpectAsync("delivered", token);
        Assert.That(new FileInfo(Path.Combine(Target, "1/large")).Length, Is.EqualTo(60_000_000));
        Assert.That(new FileInfo(Path.Combine(Target, "2/large")).Length, Is.EqualTo(60_000_000));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ExistingFilesThatDiffer_AreKept_UnlessForced(CancellationToken token)
    {
        using var sender = Send(FileTree.Write(Source, "same-size", [1, 2, 3]), FileTree.Write(Source, "longer", [1, 2, 3]));
        FileTree.Write(Target, "same-size", [9, 9, 9]);
        FileTree.Write(Target, "longer", [9]);
        var ticket = await TicketAsync(sender, token);
        using (var refused = new ToolProcess("receive", ticket, "--to", Target, "--json"))
        {
            Assert.That(Text(await refused.ExpectAsync("failed", token), "reason"), Does.Contain("--force"));
            Assert.That(Text(await refused.ExpectAsync("failed", token), "reason"), Does.Contain("--force"));
            Assert.That(Number(await refused.ExpectAsync("received", token), "failed"), Is.EqualTo(2));
            Assert.That((await refused.EndAsync(token)).Code, Is.EqualTo(1));
        }

        Assert.That(Text(await sender.ExpectAsync("incomplete", token), "reason"), Does.Contain("2 of 2"));
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(Target, "same-size"), token), Is.EqualTo(new byte[] { 9, 9, 9 }));
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(Target, "longer"), token), Is.EqualTo(new byte[] { 9 }));

        using var forced = new ToolProcess("receive", ticket, "--to", Target, "--json", "--force");
        Assert.That(Number(await forced.ExpectAsync("received", token), "files"), Is.EqualTo(2));
        Assert.That((await forced.EndAsync(token)).Code, Is.Zero);
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(Target, "same-size"), token), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(Target, "longer"), token), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task FileThatChangesAfterTheOffer_FailsOnBothSides_AndTheOthersArrive(CancellationToken token)
    {
        var changed = FileTree.Write(Source, "changed", [1, 2, 3]);
        using var sender = Send(changed, FileTree.Write(Source, "other", [4]), "--once");
        var ticket = await TicketAsync(sender, token);
        await File.WriteAllBytesAsync(changed, [1, 2, 3, 4], token);
        using var receiver = new ToolProcess("receive", ticket, "--to", Target, "--json");
        var failed = await receiver.ExpectAsync("failed", token);
        Assert.That((Text(failed, "path"), Text(failed, "reason")), Is.EqualTo((
            "changed",
            "the sender cannot send it: the file has changed since it was offered; start 'moq send' again to offer it as it is now")));
        Assert.That((await receiver.EndAsync(token)).Code, Is.EqualTo(1));
        Assert.That(Text(await sender.ExpectAsync("failed", token), "path"), Is.EqualTo("changed"));
        Assert.That((await sender.EndAsync(token)).Code, Is.EqualTo(1));
        Assert.That(Directory.GetFiles(Target), Is.EqualTo(new[] { Path.Combine(Target, "other") }));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task FileThatChangesWhileItIsSent_FailsOnBothSides_AndLeavesNothing(CancellationToken token)
    {
        var file = FileTree.WriteSparse(Source, "large", 400_000_000);
        using var sender = Send(file, "--once");
        using var receiver = new ToolProcess("receive", await TicketAsync(sender, token), "--to", Target, "--json");
        await FileTree.WhenWrittenAsync(Target, PartSuffix, token);
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        Assert.That(Text(await receiver.ExpectAsync("failed", token), "reason"), Does.Contain("has changed"));
        Assert.That((await receiver.EndAsync(token)).Code, Is.EqualTo(1));
        Assert.That((await sender.EndAsync(token)).Code, Is.EqualTo(1));
        Assert.That(Directory.GetFiles(Target), Is.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task SymbolicLinkInTheTarget_IsNotFollowed(CancellationToken token)
    {
        FileTree.Write(Source, "tree/inner/file", [1]);
        FileTree.Write(Source, "tree/other", [2]);
        var outside = Directory.CreateDirectory(Path.Combine(Folder, "outside")).FullName;
        var victim = FileTree.Write(outside, "victim", [9]);
        Directory.CreateDirectory(Path.Combine(Target, "tree"));
        File.CreateSymbolicLink(Path.Combine(Target, "tree/inner"), outside);
        File.CreateSymbolicLink(Path.Combine(Target, "tree/other"), victim);
        File.CreateSymbolicLink(Path.Combine(Target, $"tree/other{PartSuffix}"), victim);
        using var sender = Send(Path.Combine(Source, "tree"));
        using var receiver = new ToolProcess("receive", await TicketAsync(sender, token), "--to", Target, "--json", "--force");
        Assert.That(Text(await receiver.ExpectAsync("failed", token), "reason"), Does.Contain("symbolic link"));
        Assert.That(Number(await receiver.ExpectAsync("received", token), "failed"), Is.EqualTo(2));
        Assert.That((await receiver.EndAsync(token)).Code, Is.EqualTo(1));
        Assert.That(Directory.GetFileSystemEntries(outside), Is.EqualTo(new[] { victim }));
        Assert.That(await File.ReadAllBytesAsync(victim, token), Is.EqualTo(new byte[] { 9 }));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WhatCannotBeSent_IsRefusedBeforeTheTicket(CancellationToken token)
    {
        var fifo = Path.Combine(Source, "tree/fifo");
        FileTree.Write(Source, "tree/file", [1]);
        FileTree.Run("mkfifo", fifo);
        await AssertRefusedAsync(1, "FIFO", Path.Combine(Source, "tree"));
        await AssertRefusedAsync(1, "FIFO", fifo);
        await AssertRefusedAsync(1, "device", "/dev/null");
        await AssertRefusedAsync(1, "backslash", FileTree.Write(Source, "a\\b", [1]));
        await AssertRefusedAsync(1, "control character", FileTree.Write(Source, "a\nb", [1]));
        await AssertRefusedAsync(1, PartSuffix, FileTree.Write(Source, $"a{PartSuffix}", [1]));
        await AssertRefusedAsync(2, "does not exist", Path.Combine(Source, "missing"));
        await AssertRefusedAsync(2, "two arguments", Path.Combine(Source, "tree/file"), FileTree.Write(Source, "file", [1]));
        await AssertRefusedAsync(2, "no name", "/");

        // The superuser may read every file.
        if (!Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(Path.Combine(Source, "file"), UnixFileMode.None);
            await AssertRefusedAsync(1, "Permission denied", Path.Combine(Source, "file"));
        }

        async Task AssertRefusedAsync(int code, string reason, params string[] files)
        {
            using var process = Send(files);
            var error = await process.ExpectAsync("error", token);
            Assert.That(Text(error, "message"), Does.Contain(reason));
            var end = await process.EndAsync(token);
            Assert.That(end.Code, Is.EqualTo(code), end.Errors);
            Assert.That(end.Errors.TrimEnd('\n').Any(char.IsControl), Is.False, end.Errors);
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task PeerWithoutFiles_IsRefused_AndATicketIsNeeded(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var receiver = new ToolProcess("receive", peer.Ticket, "--to", Target, "--timeout", "1", "--json");
        Assert.That(Text(await receiver.ExpectAsync("error", token), "message"), Does.Contain("moq send"));
        Assert.That((await receiver.EndAsync(token)).Code, Is.EqualTo(1));
        using var wrong = new ToolProcess("receive", "--to", Target);
        Assert.That((await wrong.EndAsync(token)).Code, Is.EqualTo(2));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task ManySmallFiles_ArriveOnOneTrack(CancellationToken token)
    {
        for (var i = 0; i < 3000; i++)
            FileTree.Write(Source, $"small/{i % 30}/{i}", BitConverter.GetBytes(i));
        using var sender = Send(Path.Combine(Source, "small"));
        var received = await ReceiveAsync(await TicketAsync(sender, token), token);
        Assert.That((Number(received, "files"), Number(received, "bytes")), Is.EqualTo((3000L, 12_000L)));
        Assert.That(FileTree.Describe(Target), Is.EqualTo(FileTree.Describe(Source)));
    }
}
