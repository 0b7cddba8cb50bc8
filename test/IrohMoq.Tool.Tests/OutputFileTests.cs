using System.Runtime.Versioning;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>The second file of <c>--output FILE</c>: it is never one of another process, of an earlier run or of another program.</summary>
[CancelAfter(60_000)]
[UnsupportedOSPlatform("windows")]
public class OutputFileTests : ToolTestBase
{
    private string Out => PathOf("out");

    private string Part => $"{Out}.part";

    [Test]
    public async Task SecondSubscriberWithTheSameFile_IsRefused_AndTheFirstOneIsNotAffected(CancellationToken token)
    {
        using var publisher = Publish("--lines");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var first = Subscribe(ticket, "--output", Out);
        await publisher.ExpectAsync("subscribed", token);
        using var second = Subscribe(ticket, "--output", Out);
        AssertOneLine(await second.EndAsync(token), 1, "another 'moq subscribe' writes to");
        await publisher.Input.WriteLineAsync("one line");
        publisher.Input.Close();
        Assert.That((await first.EndAsync(token)).Code, Is.Zero);
        Assert.That(await File.ReadAllTextAsync(Out, token), Is.EqualTo("one line\n"));
        Assert.That(File.Exists(Part), Is.False);
    }

    [Test]
    public async Task PartOfAnEarlierRun_IsNotOverwritten(CancellationToken token)
    {
        await File.WriteAllTextAsync(Part, "10 GB", token);
        AssertOneLine(await DialAsync(token), 1, $"'{Part}' exists");
        Assert.That(await File.ReadAllTextAsync(Part, token), Is.EqualTo("10 GB"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task SymbolicLink_IsNotFollowed(bool exists, CancellationToken token)
    {
        if (exists)
            await File.WriteAllTextAsync(PathOf("victim"), "", token);
        File.CreateSymbolicLink(Part, PathOf("victim"));
        AssertOneLine(await DialAsync(token), 1, "is not a file");
        Assert.That(File.Exists(PathOf("victim")), Is.EqualTo(exists));
        Assert.That(new FileInfo(Part).LinkTarget, Is.EqualTo(PathOf("victim")));
    }

    [Test]
    public async Task Folder_IsRefusedBeforeAnythingStarts(CancellationToken token)
    {
        Directory.CreateDirectory(Part);
        AssertOneLine(await DialAsync(token), 1, "is not a file");
    }

    [Test]
    public async Task NameThatIsTooLongWithItsSuffix_IsRefusedBeforeAnythingStarts(CancellationToken token) =>
        AssertOneLine(await DialAsync(token, "--output", PathOf(new string('x', 252))), 1, "is too long");

    [Test]
    public async Task EmptyPartOfARunThatWasKilled_IsUsedAgain(CancellationToken token)
    {
        await File.WriteAllTextAsync(Part, "", token);
        AssertOneLine(await DialAsync(token), 1, "timed out");
        Assert.That(File.Exists(Part), Is.False);
    }

    [TestCase("out.part")]
    [TestCase("key")]
    public async Task KeyFileAsPart_IsRefused(string key, CancellationToken token)
    {
        await RunAsync(token, "id", "--secret-key", PathOf(key));
        if (key == "key")
            File.CreateSymbolicLink(Part, PathOf(key));
        var bytes = await File.ReadAllBytesAsync(PathOf(key), token);
        AssertOneLine(await DialAsync(token, "--output", Out, "--secret-key", PathOf(key)), 2, "name the same file");
        Assert.That(await File.ReadAllBytesAsync(PathOf(key), token), Is.EqualTo(bytes));
    }

    [Test]
    public async Task FileInAFolderThatIsReadOnly_IsRefusedWithTheReason(CancellationToken token)
    {
        await File.WriteAllTextAsync(Out, "precious", token);
        using var prepare = ToolProcess.Bash("chmod 0666 \"$1/out\"; chmod 0555 \"$1\"", Folder);
        await prepare.EndAsync(token);
        // The superuser may write to every folder.
        var user = Environment.IsPrivilegedProcess ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : "env";
        using var reader = ToolProcess.Bash(
            $"exec {user} $MOQ subscribe --id {SecretKey.Generate().Id} --addr 127.0.0.1:9 --name n --track t --output \"$1\"", Out);
        AssertOneLine(await reader.EndAsync(token), 1, $"the folder '{Folder}' is read-only here");
        using var restore = ToolProcess.Bash("chmod 0755 \"$1\"", Folder);
        await restore.EndAsync(token);
    }

    [Test]
    public async Task MountPoint_IsRefusedBeforeAnythingStarts(CancellationToken token)
    {
        await File.WriteAllTextAsync(Out, "precious", token);
        await File.WriteAllTextAsync(PathOf("mounted"), "", token);
        using var reader = ToolProcess.Bash(
            "exec unshare --map-root-user --mount bash -c 'mount --bind \"$2\" \"$1\" || exit 77; "
            + $"exec $MOQ subscribe --id {SecretKey.Generate().Id} --addr 127.0.0.1:9 --name n --track t --output \"$1\"' bash \"$@\"",
            Out, PathOf("mounted"));
        var end = await reader.EndAsync(token);
        if (end.Errors.StartsWith("unshare", StringComparison.Ordinal) || end.Code == 77)
            Assert.Ignore($"This user may not mount: {end.Errors}");
        AssertOneLine(end, 1, "is a mount point");
    }

    [Test]
    public async Task EmptyFrame_LeavesNoEmptyPart(CancellationToken token)
    {
        await using var endpoint = await BindAsync(token);
        await using var moq = Moq.Serve(endpoint);
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = moq.Publish("n", broadcast);
        using var reader = Subscribe(endpoint.Ticket.ToString(), "--output", Out);
        await track.WaitForSubscriberAsync(token);
        track.AppendGroup().Write([]);
        while (await reader.ReadLineAsync(token) is { } line && !line.StartsWith("subscribed", StringComparison.Ordinal))
        {
        }

        reader.Interrupt();
        Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(130));
        Assert.That(Directory.GetFiles(Folder), Is.Empty);
    }

    /// <summary>Runs a subscriber that finds no publisher.</summary>
    private Task<(int Code, string Output, string Errors)> DialAsync(CancellationToken token, params string[] options) => RunAsync(
        token,
        [
            "subscribe", "--id", $"{SecretKey.Generate().Id}", "--addr", "127.0.0.1:9", "--name", "n", "--track", "t", "--timeout", "1",
            .. options.Length > 0 ? options : ["--output", Out],
        ]);
}
