using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>The option <c>--output FILE</c>: a file appears whole or keeps its old bytes.</summary>
[CancelAfter(60_000)]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
[NonParallelizable]
public class FileOutputTests : ToolTestBase
{
    private string Out => PathOf("out.bin");

    [SetUp]
    public void WriteTheOldFile() => File.WriteAllText(Out, "precious");

    [Test]
    public async Task Success_ReplacesTheFile_AndKeepsItsMode(CancellationToken token)
    {
        File.SetUnixFileMode(Out, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.That(await ReadAsync(Out, "new", token), Is.Zero);
        Assert.That(await File.ReadAllTextAsync(Out, token), Is.EqualTo("new"));
        Assert.That(File.GetUnixFileMode(Out), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(Directory.GetFiles(Folder, "*.part"), Is.Empty);
    }

    [Test]
    public async Task SymbolicLink_IsFollowed(CancellationToken token)
    {
        File.CreateSymbolicLink(PathOf("link"), Out);
        Assert.That(await ReadAsync(PathOf("link"), "new", token), Is.Zero);
        Assert.That(File.ResolveLinkTarget(PathOf("link"), false)?.FullName, Is.EqualTo(Out));
        Assert.That(await File.ReadAllTextAsync(Out, token), Is.EqualTo("new"));
    }

    [TestCase("--name", "typo", "--track", "t", "--timeout", "1")]
    [TestCase("--name", "n", "--track", "typo")]
    [TestCase("--name", "n", "--track", "t", "--bind", "203.0.113.1:0")]
    public async Task Failure_LeavesTheOldFileAsItIs(params string[] words)
    {
        var token = TestContext.CurrentContext.CancellationToken;
        using var publisher = Publish("--clock");
        using var reader = new ToolProcess(
            ["subscribe", TicketOf(await publisher.ExpectAsync("listening", token)), "--output", Out, .. words]);
        Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(1));
        Assert.That(await File.ReadAllTextAsync(Out, token), Is.EqualTo("precious"));
        Assert.That(Directory.GetFiles(Folder, "*.part"), Is.Empty);
        publisher.Interrupt();
    }

    [Test]
    public async Task Interruption_KeepsWhatHasArrived_BesideTheOldFile(CancellationToken token)
    {
        using var publisher = Publish("--lines");
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--output", Out, "--json");
        await publisher.ExpectAsync("subscribed", token);
        using var changed = new FolderChanges(Folder);
        await publisher.Input.WriteLineAsync("one line");
        await publisher.Input.FlushAsync(token);

        // A live file shows its data within a second.
        var began = Stopwatch.GetTimestamp();
        await changed.WaitAsync(() => new FileInfo($"{Out}.part") is { Exists: true, Length: 9 }, token);
        Assert.That(Stopwatch.GetElapsedTime(began), Is.LessThan(TimeSpan.FromSeconds(1)));
        reader.Interrupt();
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(130));
        Assert.That(end.Errors, Does.Contain($"'{Out}' is unchanged").And.Contain($"'{Out}.part'"));
        Assert.That(await File.ReadAllTextAsync($"{Out}.part", token), Is.EqualTo("one line\n"));
        Assert.That(await File.ReadAllTextAsync(Out, token), Is.EqualTo("precious"));
        publisher.Interrupt();
    }

    [Test]
    public async Task EmptyTrack_GivesAnEmptyFile(CancellationToken token)
    {
        Assert.That(await ReadAsync(Out, "", token), Is.Zero);
        Assert.That(new FileInfo(Out).Length, Is.Zero);
    }

    [TestCase("missing/out", "there is no folder")]
    [TestCase(".", "is a folder")]
    [TestCase("", "it is empty")]
    public async Task TargetThatCannotBeWritten_IsRefusedBeforeAnythingStarts(string path, string reason)
    {
        var id = SecretKey.Generate().Id;
        using var reader = new ToolProcess(
            "subscribe", "--id", $"{id}", "--addr", "127.0.0.1:9", "--name", "n", "--track", "t", "--output",
            path.Length == 0 ? path : PathOf(path));
        var end = await reader.EndAsync(TestContext.CurrentContext.CancellationToken);
        AssertOneLine(end, path.Length == 0 ? 2 : 1, reason);
    }

    [TestCase("subscribe", "--output")]
    [TestCase("publish", "--input")]
    public async Task KeyFileAsSourceOrTarget_IsRefused(string command, string option)
    {
        var token = TestContext.CurrentContext.CancellationToken;
        await RunAsync(token, "id", "--secret-key", PathOf("key"));
        File.CreateSymbolicLink(PathOf("link"), PathOf("key"));
        string[] peer = command == "publish" ? [] : ["--id", $"{SecretKey.Generate().Id}", "--addr", "127.0.0.1:9"];
        using var tool = new ToolProcess(
            [command, .. peer, "--name", "n", "--track", "t", "--secret-key", PathOf("key"), option, PathOf("link")]);
        AssertOneLine(await tool.EndAsync(token), 2, "name the same file");
    }

    private async Task<int> ReadAsync(string path, string content, CancellationToken token)
    {
        await File.WriteAllTextAsync(PathOf("in"), content, token);
        using var publisher = Publish("--lossless", "--input", PathOf("in"));
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--output", path);
        return (await reader.EndAsync(token)).Code;
    }
}
