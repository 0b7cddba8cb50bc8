using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>
/// The option <c>--timeout</c>, which ends every wait before the reading begins, and what is reported while a command waits.
/// </summary>
[CancelAfter(60_000)]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public class TimeoutTests : ToolTestBase
{
    [TestCase("--output", "a process that reads the file of --output")]
    [TestCase("--secret-key", "reading the key file")]
    public async Task FifoThatNoOtherProcessOpens_EndsWithTheTimeout(string option, string step)
    {
        var token = TestContext.CurrentContext.CancellationToken;
        using var fifo = ToolProcess.Bash("mkfifo \"$1\"", PathOf("fifo"));
        await fifo.EndAsync(token);
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var broadcast = peer.Moq.CreateBroadcast();
        broadcast.CreateTrack("t");
        peer.Moq.Publish("n", broadcast);
        using var reader = Subscribe(peer.Ticket, option, PathOf("fifo"), "--timeout", "2");
        var end = await reader.EndAsync(token);
        AssertOneLine(end, 1, "timed out after 2 s while");
        Assert.That(end.Errors, Does.Contain(step));
    }

    [Test]
    public async Task BroadcastThatIsNotAnnounced_IsReported_WithThoseThatAre(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        foreach (var name in (string[])["a", "evil\u001b[2J", "c", "d", "e", "f", "g"])
            peer.Moq.Publish(name, peer.Moq.CreateBroadcast());
        using var reader = Subscribe(peer.Ticket, "--timeout", "6");
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(
            end.Errors,
            Does.Contain(
                "still waiting for the broadcast 'n' to be announced; the peer announces 'a', 'c', 'd', 'e', 'evil\\u{1b}[2J' and 2 more"));
    }

    [TestCase("subscribe", "--retry", "--name", "n", "--track", "t")]
    [TestCase("publish", "--retry", "--name", "n", "--track", "t", "--clock")]
    [TestCase("receive")]
    public async Task PeerThatDoesNotAnswer_IsReported(string command, params string[] words)
    {
        var token = TestContext.CurrentContext.CancellationToken;
        using var silent = new System.Net.Sockets.UdpClient(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        using var reader = new ToolProcess(
            [command, "--id", $"{SecretKey.Generate().Id}", "--addr", $"{silent.Client.LocalEndPoint}", "--json", .. words]);
        var note = await reader.ExpectAsync("note", token);
        Assert.That(note.GetProperty("message").GetString(), Does.StartWith("still dialing "));
        reader.Interrupt();
        Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(130));
    }
}
