using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>Who dials, how often, and what is said while nothing happens.</summary>
[CancelAfter(120_000)]
public class RetryTests : ToolTestBase
{
    [Test]
    public async Task Publisher_DialsAListeningSubscriber(CancellationToken token)
    {
        await File.WriteAllBytesAsync(PathOf("in"), new byte[2_000_000], token);
        using var subscriber = new ToolProcess(
            "subscribe", "--listen", "--bind", "127.0.0.1:0", "--name", "n", "--track", "t", "--output", PathOf("out"), "--json");
        var listening = await subscriber.ExpectAsync("listening", token);
        using var publisher = Publish("--dial", TicketOf(listening), "--lossless", "--input", PathOf("in"));
        Assert.That(Number(await subscriber.ExpectAsync("ended", token), "bytes"), Is.EqualTo(2_000_000));
        Assert.That((await subscriber.EndAsync(token)).Code, Is.Zero);
        var end = await publisher.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(end.Output, Does.Not.Contain("listening"));
        Assert.That(new FileInfo(PathOf("out")).Length, Is.EqualTo(2_000_000));
    }

    [TestCase(0u, "has ended: closed by the peer, 'enough'")]
    [TestCase(106u, "has ended: code 106 (application 42), 'enough'")]
    public async Task Publisher_DialsByIdAndAddress_AndEndsWithTheSession(uint code, string words, CancellationToken token)
    {
        await using var endpoint = await BindAsync(token);
        await using var moq = Moq.Serve(endpoint);
        using var publisher = Publish("--id", $"{endpoint.Id}", "--addr", $"localhost:{endpoint.LocalEndPoint.Port}", "--clock");
        await foreach (var announcement in moq.ReadAnnouncementsAsync(cancellationToken: token))
        {
            Assert.That(announcement.Path, Is.EqualTo(new BroadcastPath("n")));
            announcement.Session.Close(new MoqErrorCode(code), "enough");
            break;
        }

        Assert.That(Number(await publisher.ExpectAsync("error", token), "code"), Is.EqualTo(code));
        AssertOneLine(await publisher.EndAsync(token), 1, words);
    }

    [Test]
    public async Task Retry_WaitsForThePublisher_AndGoesOnWhenItComesBack(CancellationToken token)
    {
        await RunAsync(token, "id", "--secret-key", PathOf("key"));
        string[] arguments = ["--secret-key", PathOf("key"), "--bind", $"127.0.0.1:{FreePort()}", "--lines"];
        string ticket;
        using (var first = Served(arguments))
            ticket = TicketOf(await first.ExpectAsync("listening", token));
        using var reader = Subscribe(ticket, "--retry", "--output", "-");
        await ServeOneAsync("one");
        await ServeOneAsync("two");
        reader.Interrupt();
        Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(130));

        async Task ServeOneAsync(string line)
        {
            using var publisher = Served(arguments);
            await publisher.ExpectAsync("subscribed", token);
            await publisher.Input.WriteLineAsync(line);
            await publisher.Input.FlushAsync(token);
            Assert.That(await reader.Output.ReadLineAsync(token), Is.EqualTo(line));
            publisher.Interrupt();
            await publisher.WaitAsync(token);
        }
    }

    /// <summary>A publisher that is stopped ends its track and its session in one go, which is not the failure of a track.</summary>
    [Test]
    public async Task Retry_GoesOn_WhenAPublisherThatWritesIsStopped(
        [Values("moq-lite-05", "moq-lite-06")] string alpn, [Values("INT", "TERM")] string signal, CancellationToken token)
    {
        await RunAsync(token, "id", "--secret-key", PathOf("key"));
        string[] arguments = ["--secret-key", PathOf("key"), "--bind", $"127.0.0.1:{FreePort()}", "--clock", "--alpn", alpn];
        ToolProcess? reader = null;
        for (var i = 0; i < 3; i++)
        {
            using var publisher = Served(arguments);
            reader ??= Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--retry", "--json");
            await reader.ExpectAsync("subscribed", token);
            publisher.Signal(signal);
            await publisher.WaitAsync(token);
        }

        using (reader)
        {
            reader!.Interrupt();
            Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(130));
        }
    }

    [Test]
    public async Task Publisher_RetriesToDial(CancellationToken token)
    {
        var port = FreePort();
        var key = SecretKey.Generate();
        using var publisher = Publish("--id", $"{key.Id}", "--addr", $"127.0.0.1:{port}", "--retry", "--clock");
        for (var i = 0; i < 2; i++)
        {
            await using var endpoint = await IrohEndpoint.CreateAsync(
                key, new IrohEndpointOptions { BindAddress = new(System.Net.IPAddress.Loopback, port) }, token);
            await using var moq = Moq.Serve(endpoint);
            await foreach (var announcement in moq.ReadAnnouncementsAsync(cancellationToken: token))
            {
                Assert.That(announcement.Path, Is.EqualTo(new BroadcastPath("n")));
                break;
            }
        }

        publisher.Interrupt();
        Assert.That((await publisher.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    public async Task WaitReaders_ReadsTheInputWhenAllAreThere(CancellationToken token)
    {
        await File.WriteAllTextAsync(PathOf("in"), "one\ntwo\n", token);
        using var publisher = Publish("--wait-readers", "2", "--lossless", "--lines", "--input", PathOf("in"));
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        Assert.That(Number(await publisher.ExpectAsync("waiting", token), "readers"), Is.EqualTo(2));
        using var first = Subscribe(ticket, "--output", "-");
        await publisher.ExpectAsync("connected", token);
        using var second = Subscribe(ticket, "--output", "-");
        foreach (var reader in (ToolProcess[])[first, second])
            Assert.That((await reader.EndAsync(token)).Output, Is.EqualTo("one\ntwo\n"));
        Assert.That((await publisher.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task LateReader_IsToldWhereItBegan(CancellationToken token)
    {
        using var publisher = Publish("--lossless", "--lines", "--group-frames", "1");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var first = Subscribe(ticket, "--output", "-");
        await publisher.ExpectAsync("subscribed", token);
        for (var i = 0; i < 3; i++)
        {
            await publisher.Input.WriteLineAsync($"{i}");
            await publisher.Input.FlushAsync(token);
            Assert.That(await first.Output.ReadLineAsync(token), Is.EqualTo($"{i}"));
        }

        using var late = Subscribe(ticket, "--json");
        Assert.That(Number(await late.ExpectAsync("subscribed", token), "group"), Is.EqualTo(2));
        publisher.Input.Close();
        Assert.That((await late.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task Silence_IsReported_AndEndsWithTheIdleTimeout(CancellationToken token)
    {
        using var publisher = Publish("--lines");
        using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--idle-timeout", "7", "--json");
        await publisher.ExpectAsync("subscribed", token);
        var note = await reader.ExpectAsync("note", token);
        Assert.That(note.GetProperty("message").GetString(), Is.EqualTo("nothing has arrived for 5 s; still waiting"));
        await publisher.Input.WriteLineAsync("a line");
        await publisher.Input.FlushAsync(token);
        note = await reader.ExpectAsync("note", token);
        Assert.That(note.GetProperty("message").GetString(), Does.StartWith("data arrives again after"));
        await reader.ExpectAsync("error", token);
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(end.Errors, Does.Contain("nothing has arrived for 7 s (--idle-timeout)"));
    }

    [Test]
    public async Task Keys_FromTheEnvironment_AndInUse(CancellationToken token)
    {
        var id = (await RunAsync(token, "id", "--secret-key", PathOf("key"))).Output.Trim();
        await File.AppendAllTextAsync(PathOf("key"), " \n", token);
        using var named = ToolProcess.Bash(
            "KEY=$(cat \"$1\") exec $MOQ publish --bind 127.0.0.1:0 --name n --track t --clock --secret-key-env KEY --json "
            + "--advertise 192.0.2.1:4433", PathOf("key"));
        var listening = await named.ExpectAsync("listening", token);
        Assert.That(listening.GetProperty("id").GetString(), Is.EqualTo(id));
        Assert.That(
            EndpointTicket.Parse(TicketOf(listening)).Address.Addresses.Select(static one => one.ToString()),
            Does.Contain("192.0.2.1:4433"));

        using var first = Publish("--clock", "--secret-key", PathOf("key"));
        Assert.That((await first.ExpectAsync("listening", token)).GetProperty("id").GetString(), Is.EqualTo(id));
        using var second = Publish("--clock", "--secret-key", PathOf("key"));
        await second.ExpectAsync("listening", token);
        second.Interrupt();
        Assert.That((await second.EndAsync(token)).Errors, Does.Contain("another process uses the key file"));
        first.Interrupt();
        Assert.That((await first.EndAsync(token)).Errors, Is.Empty);
    }

    private static ToolProcess Served(string[] arguments) => new(["publish", "--name", "n", "--track", "t", "--json", .. arguments]);

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.UdpClient(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        return ((System.Net.IPEndPoint)socket.Client.LocalEndPoint!).Port;
    }
}
