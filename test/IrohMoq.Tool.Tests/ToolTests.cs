using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

public class ToolTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("moq-test-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    [CancelAfter(30_000)]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Id_CreatesTheKeyFile_AndIsTheSameNextTime(CancellationToken token)
    {
        var key = Path.Combine(_folder, "me.key");
        var first = await RunAsync(token, "id", "--secret-key", key);
        var second = await RunAsync(token, "id", "--secret-key", key);
        Assert.That(first.Code, Is.Zero, first.Errors);
        Assert.That(first.Output.Trim(), Has.Length.EqualTo(64));
        Assert.That(second.Output, Is.EqualTo(first.Output));
        Assert.That(File.GetUnixFileMode(key), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [TestCase("publish", "--name", "a")]
    [TestCase("subscribe", "--name", "a", "--track", "b")]
    [TestCase("subscribe", "no-ticket", "--name", "a", "--track", "b")]
    [TestCase("subscribe", "--id", "3b6a", "--name", "a", "--track", "b")]
    [TestCase("publish", "--name", "a", "--track", "b", "--lines", "--frame-size", "10")]
    [TestCase("publish", "--name", "a", "--track", "b", "--clock", "--lines")]
    [TestCase("publish", "--name", "a", "--track", "b", "--frame-size", "0")]
    [TestCase("subscribe", "x", "--name", "a", "--track", "b", "--json", "--output", "-")]
    [TestCase("subscribe", "--name", "a", "--track", "b", "--congestion", "vegas")]
    [TestCase("publish", "--name", "a", "--track", "b", "--congestion", "2")]
    [TestCase("nothing")]
    public async Task WrongArguments_ExitWith2(params string[] words)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var run = await RunAsync(limit.Token, words);
        Assert.That(run.Code, Is.EqualTo(2), run.Errors);
        Assert.That(run.Errors, Is.Not.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task File_ArrivesUnchanged_WithTheDocumentedEvents(CancellationToken token)
    {
        var (input, output) = (Path.Combine(_folder, "in"), Path.Combine(_folder, "out"));
        var bytes = RandomNumberGenerator.GetBytes(5_000_001);
        await File.WriteAllBytesAsync(input, bytes, token);
        using var publisher = new ToolProcess(
            "publish", "--bind", "127.0.0.1:0", "--name", "f", "--track", "t", "--input", input, "--frame-size", "10000", "--group-frames",
            "7", "--lossless", "--json");
        var listening = await publisher.ExpectAsync("listening", token);
        Assert.That(listening.GetProperty("addrs").GetArrayLength(), Is.EqualTo(1));
        using var subscriber = new ToolProcess("subscribe", Ticket(listening), "--name", "f", "--track", "t", "--output", output, "--json");
        var connected = await subscriber.ExpectAsync("connected", token);
        Assert.That(connected.GetProperty("id").GetString(), Is.EqualTo(listening.GetProperty("id").GetString()));
        Assert.That(connected.GetProperty("alpn").GetString(), Is.EqualTo("moq-lite-06"));
        Assert.That((await subscriber.ExpectAsync("announced", token)).GetProperty("name").GetString(), Is.EqualTo("f"));
        Assert.That((await subscriber.ExpectAsync("subscribed", token)).GetProperty("track").GetString(), Is.EqualTo("t"));
        var ended = await subscriber.ExpectAsync("ended", token);
        Assert.That(Number(ended, "bytes"), Is.EqualTo(bytes.Length));
        Assert.That(Number(ended, "frames"), Is.EqualTo(501));
        Assert.That(Number(ended, "groups"), Is.EqualTo(72));
        Assert.That((Number(ended, "missing"), Number(ended, "incomplete")), Is.EqualTo((0L, 0L)));
        var closed = await subscriber.ExpectAsync("closed", token);
        // Both end as soon as everything is read, so either may close first.
        Assert.That(Number(closed, "code"), Is.Zero);
        Assert.That((await subscriber.EndAsync(token)).Code, Is.Zero);
        Assert.That(Number(await publisher.ExpectAsync("ended", token), "bytes"), Is.EqualTo(bytes.Length));
        Assert.That((await publisher.EndAsync(token)).Code, Is.Zero);
        Assert.That(await File.ReadAllBytesAsync(output, token), Is.EqualTo(bytes));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Lines_FromStandardInput_ArriveOnStandardOutput(CancellationToken token)
    {
        using var publisher = new ToolProcess(
            "publish", "--bind", "127.0.0.1:0", "--name", "chat", "--track", "lines", "--lines", "--group-frames", "2", "--lossless",
            "--json");
        var ticket = Ticket(await publisher.ExpectAsync("listening", token));
        using var subscriber = new ToolProcess("subscribe", ticket, "--name", "chat", "--track", "lines", "--output", "-");
        await publisher.ExpectAsync("subscribed", token);
        await publisher.Input.WriteAsync("one\n\nthree\nlast without an end");
        publisher.Input.Close();
        var end = await subscriber.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(end.Output, Is.EqualTo("one\n\nthree\nlast without an end"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Clock_ShowsLatency_AndBothStopOnInterrupt(CancellationToken token)
    {
        using var publisher = new ToolProcess(
            "publish", "--bind", "127.0.0.1:0", "--name", "studio", "--track", "clock", "--clock", "--json");
        using var subscriber = new ToolProcess(
            "subscribe", Ticket(await publisher.ExpectAsync("listening", token)), "--name", "studio", "--track", "clock", "--json");
        JsonElement progress;
        do
            progress = await subscriber.ExpectAsync("progress", token);
        while (!progress.TryGetProperty("latency_ms", out _));

        Assert.That(progress.GetProperty("latency_ms").GetProperty("p50").GetDouble(), Is.GreaterThan(0).And.LessThan(1000));
        subscriber.Interrupt();
        Assert.That((await subscriber.EndAsync(token)).Code, Is.EqualTo(130));
        var closed = await publisher.ExpectAsync("closed", token);
        Assert.That((Number(closed, "code"), closed.GetProperty("remote").GetBoolean()), Is.EqualTo((0L, true)));
        publisher.Interrupt();
        Assert.That((await publisher.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task UnknownTrackAndMissingBroadcast_ExitWith1AndTheReason(CancellationToken token)
    {
        using var publisher = new ToolProcess(
            "publish", "--bind", "127.0.0.1:0", "--name", "studio", "--track", "clock", "--clock", "--json");
        var ticket = Ticket(await publisher.ExpectAsync("listening", token));
        using (var subscriber = new ToolProcess("subscribe", ticket, "--name", "studio", "--track", "nothing", "--json"))
        {
            Assert.That(Number(await subscriber.ExpectAsync("error", token), "code"), Is.EqualTo(13));
            var end = await subscriber.EndAsync(token);
            Assert.That(end.Code, Is.EqualTo(1));
            Assert.That(end.Errors, Does.Contain("nothing"));
        }

        var late = await RunAsync(token, "subscribe", ticket, "--name", "never", "--track", "clock", "--timeout", "4");
        Assert.That(late.Code, Is.EqualTo(1));
        Assert.That(late.Errors, Does.Contain("never").And.Contain("4 s"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task GroupThatIsAbortedWhileItIsRead_IsAGap_AndTheRunContinuesButEndsWith1(CancellationToken token)
    {
        await using var endpoint = await IrohEndpoint.CreateAsync(
            options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) }, cancellationToken: token);
        await using var moq = Moq.Serve(endpoint);
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = moq.Publish("live", broadcast);
        using var subscriber = new ToolProcess("subscribe", endpoint.Ticket.ToString(), "--name", "live", "--track", "t", "--output", "-");
        await track.WaitForSubscriberAsync(token);
        Write(track.AppendGroup(), "group 0\n").Finish();
        var broken = Write(track.AppendGroup(), "half a group\n");
        Assert.That(await subscriber.ReadLineAsync(token), Is.EqualTo("group 0"));
        Assert.That(await subscriber.ReadLineAsync(token), Is.EqualTo("half a group"));
        broken.Abort(new MoqErrorCode(99));
        Write(track.AppendGroup(), "group 2\n").Finish();
        track.Finish();
        var end = await subscriber.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(end.Output, Is.EqualTo("group 2\n"));
        Assert.That(
            end.Errors,
            Does.Contain("moq: 1 group is missing in part\n")
                .And.Contain("moq: 1 group is incomplete, because the publisher has aborted it\n"));

        static GroupProducer Write(GroupProducer group, string text)
        {
            group.Write(Encoding.ASCII.GetBytes(text));
            return group;
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task SessionThatEndsEarly_ExitsWith1AndThePeersCode(CancellationToken token)
    {
        await using var endpoint = await IrohEndpoint.CreateAsync(
            options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) }, cancellationToken: token);
        await using var moq = Moq.Serve(endpoint);
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t");
        using var live = moq.Publish("live", broadcast);
        using var sessions = moq.IncomingSessions().Subscribe(incoming => _ = CloseWhenReadAsync(incoming.Accept()));
        using var subscriber = new ToolProcess("subscribe", endpoint.Ticket.ToString(), "--name", "live", "--track", "t", "--json");
        await subscriber.ExpectAsync("announced", token);
        var error = await subscriber.ExpectAsync("error", token);
        Assert.That(Number(error, "code"), Is.EqualTo(106));
        var end = await subscriber.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(end.Errors, Does.Contain("closing time"));

        async Task CloseWhenReadAsync(MoqSession session)
        {
            await track.WaitForSubscriberAsync(token);
            session.Close(MoqErrorCode.FromApplication(42), "closing time");
        }
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task LosslessReaderThatReadsNothing_IsCutOffAfterHalfAMinute(CancellationToken token)
    {
        var input = Path.Combine(_folder, "in");
        await File.WriteAllBytesAsync(input, new byte[96 << 20], token);
        using var publisher = new ToolProcess(
            "publish", "--bind", "127.0.0.1:0", "--name", "f", "--track", "t", "--input", input, "--lossless", "--json");
        using var subscriber = new ToolProcess(
            "subscribe", Ticket(await publisher.ExpectAsync("listening", token)), "--name", "f", "--track", "t", "--output", "-");
        await publisher.ExpectAsync("subscribed", token);

        // The output of the subscriber is not read, so it reads nothing. The publisher ends nevertheless and reports that not everything
        // was delivered.
        var started = TimeProvider.System.GetTimestamp();
        await publisher.ExpectAsync("error", token);
        Assert.That(TimeProvider.System.GetElapsedTime(started), Is.GreaterThan(TimeSpan.FromSeconds(25)));
        var end = await subscriber.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(end.Errors, Does.Contain("65601"));
        Assert.That((await publisher.EndAsync(token)).Code, Is.EqualTo(1));
    }

    private static string Ticket(JsonElement listening) => listening.GetProperty("ticket").GetString()!;

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private static async Task<(int Code, string Output, string Errors)> RunAsync(CancellationToken token, params string[] words)
    {
        using var process = new ToolProcess(words);
        return await process.EndAsync(token);
    }
}
