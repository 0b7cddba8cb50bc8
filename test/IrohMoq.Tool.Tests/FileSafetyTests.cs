using System.Security.Cryptography;

namespace IrohMoq.Tool.Tests;

/// <summary>The files of <c>moq send</c> and <c>moq receive</c> that need more than their names: the key file and hidden files.</summary>
[CancelAfter(60_000)]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public class FileSafetyTests : FileTransferTestBase
{
    [TestCase("me.key")]
    [TestCase("link to another name")]
    public async Task KeyFileInUse_IsNotSent(string key, CancellationToken token)
    {
        var file = FileTree.Write(Source, "d/me.key", []);
        File.Delete(file);
        using (var id = new ToolProcess("id", "--secret-key", file))
            await id.EndAsync(token);
        if (key != "me.key")
            FileTree.Run("ln", file, Path.Combine(Folder, "other"));
        using var sender = Send(Path.Combine(Source, "d"), "--secret-key", key == "me.key" ? file : Path.Combine(Folder, "other"));
        var error = await sender.ExpectAsync("error", token);
        Assert.That(Text(error, "message"), Does.Contain("'d/me.key'").And.Contain("--secret-key"));
        var end = await sender.EndAsync(token);
        Assert.That((end.Code, end.Output), Is.EqualTo((2, "")), end.Errors);
    }

    [Test]
    public async Task KeyFileOfTheReceiver_IsNotReplaced(CancellationToken token)
    {
        var key = Path.Combine(Target, "a");
        using (var id = new ToolProcess("id", "--secret-key", key))
            await id.EndAsync(token);
        var bytes = await File.ReadAllBytesAsync(key, token);
        using var sender = Send(FileTree.Write(Source, "a", [1]));
        using var receiver = new ToolProcess(
            "receive", await TicketAsync(sender, token), "--to", Target, "--force", "--secret-key", key, "--json");
        Assert.That(Text(await receiver.ExpectAsync("failed", token), "reason"), Does.Contain("--secret-key"));
        Assert.That((await receiver.EndAsync(token)).Code, Is.EqualTo(1));
        Assert.That(await File.ReadAllBytesAsync(key, token), Is.EqualTo(bytes));
    }

    [TestCase("""{"path":".bashrc","size":1}""", ".bashrc")]
    [TestCase("""{"path":".ssh/authorized_keys","size":1}""", ".ssh/authorized_keys")]
    [TestCase("""{"path":".config","size":0,"folder":true}""", ".config")]
    public async Task HiddenName_IsRefusedInTheCurrentFolder_BeforeAnythingIsRequested(string entry, string name, CancellationToken token)
    {
        await using var sender = await HostileSender.StartAsync(["""{"path":"a","size":1}""", entry], [], token);
        var end = await ReceiveHereAsync(sender.Ticket, "", token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(end.Errors, Does.Contain($"'{name}'").And.Contain("--hidden").And.Contain("--to"));
        Assert.That(end.Errors.TrimEnd('\n'), Does.Not.Contain('\n'));
        Assert.That(sender.Request, Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(Target), Is.Empty);
    }

    [TestCase("--hidden")]
    [TestCase("--to .")]
    public async Task HiddenName_IsReceivedWhenTheUserAcceptsIt(string option, CancellationToken token)
    {
        string[] frames = ["""S{"file":0,"offset":0}""", "Dx", $$"""E{"sha256":"{{Convert.ToHexString(SHA256.HashData("x"u8))}}"}"""];
        await using var sender = await HostileSender.StartAsync(["""{"path":".bashrc","size":1}"""], frames, token);
        var end = await ReceiveHereAsync(sender.Ticket, option, token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(await File.ReadAllTextAsync(Path.Combine(Target, ".bashrc"), token), Is.EqualTo("x"));
    }

    [Test]
    public async Task HiddenNameBelowTheTop_IsReceived(CancellationToken token)
    {
        FileTree.Write(Source, "project/.gitignore", [1]);
        using var sender = Send(Path.Combine(Source, "project"));
        var end = await ReceiveHereAsync(await TicketAsync(sender, token), "", token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(File.Exists(Path.Combine(Target, "project/.gitignore")), Is.True);
    }

    /// <summary>Runs a receiver whose current folder is the target folder.</summary>
    private async Task<(int Code, string Output, string Errors)> ReceiveHereAsync(string ticket, string options, CancellationToken token)
    {
        using var receiver = ToolProcess.Bash($"cd \"$1\" && exec $MOQ receive \"$2\" {options}", Target, ticket);
        return await receiver.EndAsync(token);
    }
}
