using System.Security.Cryptography;
using System.Text;
using IrohMoq.Reactive;
using IrohMoq.Tool.Files;

namespace IrohMoq.Tool.Tests;

/// <summary>Receives with the tool from senders that do not follow the format.</summary>
public class HostileSenderTests
{
    private const string OneByte = """{"path":"a","size":1}""";

    private string _folder = "";

    private string Target => Path.Combine(_folder, "target");

    [SetUp]
    public void CreateFolder()
    {
        _folder = Directory.CreateTempSubdirectory("moq-files-").FullName;
        Directory.CreateDirectory(Target);
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("../x")]
    [TestCase("/tmp/moq-hostile-x")]
    [TestCase("a/../../x")]
    [CancelAfter(60_000)]
    public async Task PathThatLeavesTheTarget_IsRefused_BeforeAnythingIsRequested(string path, CancellationToken token)
    {
        await using var sender = await HostileSender.StartAsync([OneByte, $$"""{"path":"{{path}}","size":1}"""], [], token);
        var error = await ReceiveAsync(sender, token);
        Assert.That(error, Does.Contain($"'{path}'"));
        Assert.That(await sender.Result, Does.StartWith("closed 15: ").And.Contain("list of files was refused"));
        Assert.That(sender.Request, Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(_folder, "*", SearchOption.AllDirectories), Is.EqualTo(new[] { Target }));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task MoreBytesThanAreFree_AreRefused_BeforeAnythingIsRequested(CancellationToken token)
    {
        await using var sender = await HostileSender.StartAsync([$$"""{"path":"a","size":{{1L << 60}}}"""], [], token);
        Assert.That(await ReceiveAsync(sender, token), Does.Contain("are free"));
        Assert.That(sender.Request, Is.Empty);
        Assert.That(Directory.GetFiles(Target), Is.Empty);
    }

    [TestCase("""S{"file":1,"offset":0}""", "not requested")]
    [TestCase("""S{"file":0,"offset":1}""", "offset")]
    [TestCase("""S{"file":0}x""", "malformed")]
    [TestCase("Dx", "out of order")]
    [TestCase("", "malformed")]
    [TestCase("?", "malformed")]
    [TestCase("""E{"sha256":""}""", "out of order")]
    [TestCase("""X{"file":7,"error":"no"}""", "not requested")]
    [TestCase("""X{"file":0}""", "malformed")]
    [TestCase("""X{"error":"no"}""", "malformed")]
    [TestCase("""S{"file":0}""", "malformed")]
    [TestCase("S{}", "malformed")]
    [CancelAfter(60_000)]
    public async Task FrameThatIsNotAllowed_EndsTheTransfer(string frame, string reason, CancellationToken token)
    {
        await using var sender = await HostileSender.StartAsync([OneByte], [frame], token);
        Assert.That(await ReceiveAsync(sender, token), Does.Contain(reason));
        Assert.That(await sender.Result, Does.Contain("\"complete\":false").And.Contain(reason));
        Assert.That(File.Exists(Path.Combine(Target, "a")), Is.False);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task MoreBytesThanTheSize_EndTheTransfer(CancellationToken token)
    {
        await using var sender = await HostileSender.StartAsync([OneByte], ["""S{"file":0,"offset":0}""", "Dxy"], token);
        Assert.That(await ReceiveAsync(sender, token), Does.Contain("out of order"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ContentThatEndsEarly_EndsTheTransfer(CancellationToken token)
    {
        await using var sender = await HostileSender.StartAsync([OneByte], ["""S{"file":0,"offset":0}"""], token);
        Assert.That(await ReceiveAsync(sender, token), Does.Contain("before the last file"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WrongHash_FailsTheFile_AndLeavesNothing(CancellationToken token)
    {
        string[] frames = ["""S{"file":0,"offset":0}""", "Dx", $$"""E{"sha256":"{{new string('0', 64)}}"}"""];
        await using var sender = await HostileSender.StartAsync([OneByte], frames, token);
        Assert.That(await ReceiveAsync(sender, token), Does.Contain("1 of 1"));
        Assert.That(await sender.Result, Does.Contain("1 of 1"));
        Assert.That(Directory.GetFiles(Target), Is.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task SenderThatFollowsTheFormat_IsUnderstood(CancellationToken token)
    {
        string[] frames =
        [
            """S{"file":0,"offset":0}""", "Dx", $$"""E{"sha256":"{{Convert.ToHexString(SHA256.HashData("x"u8))}}","future":1}""",
            """X{"file":1,"error":"evil\u001b[2J"}""",
        ];
        await using var sender = await HostileSender.StartAsync([OneByte, """{"path":"b","size":5,"future":true}"""], frames, token);
        Assert.That(await ReceiveAsync(sender, token), Does.Contain("1 of 2"));
        Assert.That(sender.Request, Is.EqualTo("{\"file\":0,\"offset\":0}\n{\"file\":1,\"offset\":0}\n"));
        Assert.That(Directory.GetFiles(Target), Is.EqualTo(new[] { Path.Combine(Target, "a") }));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ListOfFilesThatDoesNotCome_EndsWithTheTimeout(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var offer = peer.Moq.CreateBroadcast();
        offer.CreateTrack(TransferTracks.ManifestTrack);
        peer.Moq.Publish(TransferTracks.Offer, offer);
        using var receiver = new ToolProcess("receive", peer.Ticket, "--to", Target, "--timeout", "5");
        var end = await receiver.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(end.Errors, Does.Contain("still waiting for the list of files\n"));
        Assert.That(end.Errors, Does.Contain("timed out after 5 s while waiting for the list of files"));
    }

    [TestCase("""{"file":1}""")]
    [TestCase("""{"file":0,"offset":2}""")]
    [TestCase("../x")]
    [CancelAfter(60_000)]
    public async Task RequestThatIsNotAllowed_EndsItsSession_AndOtherReceiversAreServed(string request, CancellationToken token)
    {
        using var sender = new ToolProcess(
            "send", FileTree.Write(_folder, "a", [7]), "--bind", "127.0.0.1:0", "--once", "--json");
        var ticket = (await sender.ExpectAsync("listening", token)).GetProperty("ticket").GetString()!;
        await using (var peer = await LoopbackPeer.ServeAsync(token))
        {
            await using var session = await peer.Moq.ConnectAsync(EndpointTicket.Parse(ticket).Address, token);
            var broadcast = peer.Moq.CreateBroadcast();
            TransferTracks.WriteAll(broadcast.CreateTrack(TransferTracks.RequestTrack), Encoding.UTF8.GetBytes($"{request}\n"));
            session.Publish(TransferTracks.Request, broadcast);
            Assert.That((await session.Closed).Code, Is.EqualTo(MoqErrorCode.ProtocolViolation));
        }

        await sender.ExpectAsync("incomplete", token);
        using var receiver = new ToolProcess("receive", ticket, "--to", Target);
        Assert.That((await receiver.EndAsync(token)).Code, Is.Zero);
        Assert.That((await sender.EndAsync(token)).Code, Is.Zero);
    }

    /// <summary>Runs the tool, which must fail with one line, and returns the line.</summary>
    private async Task<string> ReceiveAsync(HostileSender sender, CancellationToken token)
    {
        using var receiver = new ToolProcess("receive", sender.Ticket, "--to", Target);
        var end = await receiver.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(end.Errors.TrimEnd('\n').Any(char.IsControl), Is.False, end.Errors);
        Assert.That(end.Output.Replace("\n", "", StringComparison.Ordinal).Any(char.IsControl), Is.False, end.Output);
        return end.Errors;
    }
}
