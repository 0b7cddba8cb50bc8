using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>The command <c>fetch</c>.</summary>
[CancelAfter(60_000)]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public class FetchTests : ToolTestBase
{
    private static readonly TrackOptions Kept = new() { MaxAge = TimeSpan.FromMinutes(10) };

    [Test]
    public async Task Group_IsWrittenToStandardOutput(
        [Values("moq-lite-06", "moq-lite-05", "moq-lite-03")] string protocol,
        [Values("1", "latest")] string group,
        CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        Publish(peer, 3);
        var end = await RunAsync(
            token, "fetch", peer.Ticket, "--name", "n", "--track", "t", "--group", group, "--alpn", protocol);
        var number = group == "latest" ? 2 : 1;
        Assert.That((end.Code, end.Output), Is.EqualTo((0, $"group {number}\nsecond frame\n")), end.Errors);
        Assert.That(end.Errors, Does.Contain($"fetched    n t group {number}   2 frames 21 bytes"));
        Assert.That(end.Errors, Does.EndWith("\nclosed     normally, by this side\n").And.Not.Contain("cancel"));
    }

    [Test]
    public async Task Group_ReplacesAFile_AndIsReportedAsJson(CancellationToken token)
    {
        await File.WriteAllTextAsync(PathOf("out"), "precious", token);
        await using var peer = await LoopbackPeer.ServeAsync(token);
        Publish(peer, 3);
        using var fetch = new ToolProcess(
            "fetch", peer.Ticket, "--name", "n", "--track", "t", "--group", "0", "--output", PathOf("out"), "--json");
        var fetched = await fetch.ExpectAsync("fetched", token);
        Assert.That((Number(fetched, "group"), Number(fetched, "frames"), Number(fetched, "bytes")), Is.EqualTo((0L, 2L, 21L)));
        Assert.That((await fetch.EndAsync(token)).Code, Is.Zero);
        Assert.That(await File.ReadAllTextAsync(PathOf("out"), token), Is.EqualTo("group 0\nsecond frame\n"));
    }

    [TestCase("9")]
    [TestCase("latest", "--track", "typo")]
    public async Task GroupThatDoesNotExist_EndsWith1_AndTheFileIsUnchanged(string group, params string[] words)
    {
        var token = TestContext.CurrentContext.CancellationToken;
        await File.WriteAllTextAsync(PathOf("out"), "precious", token);
        await using var peer = await LoopbackPeer.ServeAsync(token);
        Publish(peer, 3);
        string[] track = words.Length > 0 ? words : ["--track", "t"];
        var end = await RunAsync(
            token, ["fetch", peer.Ticket, "--name", "n", "--group", group, "--output", PathOf("out"), "--json", .. track]);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(end.Errors, Does.StartWith("moq: ").And.Not.Contain("unexpected").And.Not.Contain("   at "));
        Assert.That(await File.ReadAllTextAsync(PathOf("out"), token), Is.EqualTo("precious"));
        Assert.That(Directory.GetFiles(Folder, "*.part"), Is.Empty);
    }

    [Test]
    public async Task GroupThatIsAborted_EndsWith1_AndWhatHasArrivedIsKeptBesideTheFile(CancellationToken token)
    {
        await File.WriteAllTextAsync(PathOf("out"), "precious", token);
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var track = Publish(peer, 1);
        var open = track.AppendGroup();
        open.Write("half"u8);
        using var fetch = new ToolProcess(
            "fetch", peer.Ticket, "--name", "n", "--track", "t", "--group", "1", "--output", PathOf("out"), "--json");
        using var changes = new FolderChanges(Folder);
        await changes.WaitAsync(() => new FileInfo(PathOf("out.part")) is { Exists: true, Length: 4 }, token);
        open.Abort(MoqErrorCode.FromApplication(9));
        var end = await fetch.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(end.Errors, Does.Contain("what has arrived, 4 bytes, is in"));
        Assert.That(await File.ReadAllTextAsync(PathOf("out"), token), Is.EqualTo("precious"));
    }

    [Test]
    public async Task NameThatIsNotAnnounced_IsReportedWithThoseThatAre(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        Publish(peer, 1);
        using var fetch = new ToolProcess(
            "fetch", peer.Ticket, "--name", "typo", "--track", "t", "--group", "0", "--timeout", "50", "--json");
        Assert.That(
            (await fetch.ExpectAsync("note", token)).GetProperty("message").GetString(),
            Is.EqualTo("still waiting for the broadcast 'typo' to be announced; the peer announces 'n'"));
        fetch.Interrupt();
        Assert.That((await fetch.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    public async Task Interruption_EndsTheWait(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var fetch = new ToolProcess(
            "fetch", peer.Ticket, "--name", "n", "--track", "t", "--group", "1", "--timeout", "50", "--json");
        await fetch.ExpectAsync("note", token);
        fetch.Interrupt();
        Assert.That((await fetch.EndAsync(token)).Code, Is.EqualTo(130));
    }

    private static TrackProducer Publish(LoopbackPeer peer, int groups)
    {
        var broadcast = peer.Moq.CreateBroadcast();
        var track = broadcast.CreateTrack("t", Kept);
        for (var i = 0; i < groups; i++)
        {
            using var group = track.AppendGroup();
            group.Write(Encoding.ASCII.GetBytes($"group {i}\n"));
            group.Write("second frame\n"u8);
            group.Finish();
        }

        peer.Moq.Publish("n", broadcast);
        return track;
    }
}
