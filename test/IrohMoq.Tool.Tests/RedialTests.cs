using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>The option <c>--retry</c>: what is dialed again, what is not, and what is reported.</summary>
[CancelAfter(120_000)]
public class RedialTests : ToolTestBase
{
    private const string MissingHost = "missing.invalid:4433";

    [Test]
    public async Task Publisher_EndsWith1_WhenAnotherPeerHasTheAddress(CancellationToken token)
    {
        var key = SecretKey.Generate();
        int port;
        ToolProcess publisher;
        await using (var endpoint = await CreateAsync(key, 0, token))
        {
            port = endpoint.LocalEndPoint.Port;
            await using var moq = Moq.Serve(endpoint);
            publisher = Publish("--id", $"{key.Id}", "--addr", $"127.0.0.1:{port}", "--retry", "--clock");
            await AnnouncedAsync(moq, token);
        }

        using var publisherEnds = publisher;
        await using var other = await CreateAsync(SecretKey.Generate(), port, token);
        await using var serving = Moq.Serve(other);
        await publisher.ExpectAsync("error", token);
        var end = await publisher.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1), end.Errors);
        Assert.That(end.Errors, Does.Match("dialing again in [01][.]\\d s").And.Not.Contain("   at "));
    }

    [Test]
    public async Task Publisher_EndsWith1_WhenThePeerRefusesIt(CancellationToken token)
    {
        await using var endpoint = await BindAsync(token);
        await using var moq = Moq.Serve(endpoint);
        using var publisher = Publish("--dial", $"{endpoint.Ticket}", "--retry", "--clock");
        (await AnnouncedAsync(moq, token)).Close(MoqErrorCode.Unauthorized, "not you");
        AssertOneLine(await publisher.EndAsync(token), 1, "refuses this endpoint");
    }

    [Test]
    public async Task Receiver_EndsWith1_WhenThePeerRefusesIt([Values] bool byPolicy, CancellationToken token)
    {
        await using var endpoint = await BindAsync(token);
        await using var moq = Moq.Serve(
            endpoint, byPolicy ? new MoqOptions { AcceptPolicy = static (_, _) => new(false) } : MoqOptions.Default);
        using var refusing = moq.SessionEvents().Subscribe(static change =>
        {
            if (change.IsOpening)
                change.Session.Close(MoqErrorCode.Unauthorized, "not you");
        });
        using var receiver = new ToolProcess("receive", $"{endpoint.Ticket}", "--to", PathOf("target"), "--retry");
        AssertOneLine(await receiver.EndAsync(token), 1, "refuses this endpoint");
    }

    [Test]
    public async Task Publisher_DialsAgain_WhenAnOlderPeerClosesWith1(CancellationToken token)
    {
        await using var endpoint = await BindAsync(token);
        await using var moq = Moq.Serve(endpoint, new MoqOptions { Protocols = ["moq-lite-03"] });
        using var publisher = Publish("--dial", $"{endpoint.Ticket}", "--retry", "--clock");
        (await AnnouncedAsync(moq, token)).Close(MoqErrorCode.Internal, "transport error");
        var note = await publisher.ExpectAsync("note", token);
        Assert.That($"{note}", Does.Contain("code 1 (unspecified)").And.Contain("dialing again"));
        Assert.That(await AnnouncedAsync(moq, token), Is.Not.Null, "it has dialed again");
    }

    [TestCase("subscribe", "note", "--name", "n", "--track", "t")]
    [TestCase("publish", "note", "--name", "n", "--track", "t", "--clock")]
    [TestCase("receive", "retry")]
    public async Task NameThatDoesNotResolve_IsDialedAgain(string command, string reported, params string[] words)
    {
        var token = TestContext.CurrentContext.CancellationToken;
        using var tool = new ToolProcess(
            [command, "--id", $"{SecretKey.Generate().Id}", "--addr", MissingHost, "--retry", "--json", .. words]);
        var note = await tool.ExpectAsync(reported, token);
        Assert.That($"{note}", Does.Contain("missing.invalid").And.Contain("has no address"));
        tool.Interrupt();
        Assert.That((await tool.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    public async Task FailuresOfOneKind_AreReportedOnce(CancellationToken token)
    {
        using var reader = new ToolProcess(
            "subscribe", "--id", $"{SecretKey.Generate().Id}", "--addr", MissingHost, "--name", "n", "--track", "t", "--retry",
            "--timeout", "4");
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(end.Errors.Split("has no address"), Has.Length.EqualTo(2), end.Errors);
    }

    private static async Task<MoqSession> AnnouncedAsync(Moq moq, CancellationToken token)
    {
        await foreach (var announcement in moq.ReadAnnouncementsAsync(cancellationToken: token))
            return announcement.Session;
        throw new InvalidOperationException("Nothing was announced.");
    }

    private static async Task<IrohEndpoint> CreateAsync(SecretKey key, int port, CancellationToken token) =>
        await IrohEndpoint.CreateAsync(key, new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, port) }, token);
}
