using System.Net;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A listener that requests each client to prove its address.</summary>
[Parallelizable(ParallelScope.All)]
public class RetryTests
{
    [TestCase("127.0.0.1", "127.0.0.1")]
    [TestCase("::1", "::1")]
    [CancelAfter(20_000)]
    public async Task Client_IsAcceptedAfterARetry(string bound, string dialed, CancellationToken token)
    {
        await using var endpoints = await CreateAsync(options => options with { BindAddress = new IPEndPoint(IPAddress.Parse(bound), 0) });
        var address = new IPEndPoint(IPAddress.Parse(dialed), endpoints.Listener.LocalEndPoint.Port);
        await ConnectAndEchoAsync(endpoints, new EndpointAddr(endpoints.Listener.Id, address), token);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task ClientThatDialsSeveralAddressesOfTheListener_IsAcceptedAfterARetry(CancellationToken token)
    {
        // Each address answers the first flight with a Retry of its own, and only the token of the first one can be used.
        await using var endpoints = await CreateAsync(options => options with { BindAddress = new IPEndPoint(IPAddress.Any, 0) });
        var port = endpoints.Listener.LocalEndPoint.Port;
        var addresses = new[] { "127.0.0.1", "127.0.0.2", "127.0.0.3" };
        for (var i = 0; i < 10; i++)
        {
            await ConnectAndEchoAsync(
                endpoints,
                new EndpointAddr(endpoints.Listener.Id, [.. addresses.Select(address => new IPEndPoint(IPAddress.Parse(address), port))]),
                token);
        }
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task ManyClientsAtOnce_AreAccepted(CancellationToken token)
    {
        await using var endpoints = await CreateAsync(static options => options with { RetryThreshold = 4 });
        var dials = Enumerable.Range(0, 100)
            .Select(_ => endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, [Endpoints.Protocol], token).AsTask()).ToArray();
        await Task.WhenAll(dials);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Retry_IsShort_AndItsTokenOpensTheDoor(CancellationToken token)
    {
        await using var endpoints = await CreateAsync();
        using var client = new RawClient(endpoints.Listener);
        var retry = await client.AskAsync(client.First[0], token);
        Assert.That(RawClient.IsRetry(retry), Is.True);
        Assert.That(retry, Has.Length.LessThan(200));
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.Zero, "nothing is stored");

        var second = client.Feed(retry);
        Assert.That(RawClient.DestinationId(second[0]).Length, Is.EqualTo(ConnectionId.OwnLength));
        await client.FinishAsync(second, token);
        Assert.That((client.Core.IsConfirmed, client.Core.End), Is.EqualTo((true, (TransportEnd?)null)));
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task FirstPacketThatIsSentAgain_GetsAnotherRetry_WhichTheClientIgnores(CancellationToken token)
    {
        await using var endpoints = await CreateAsync();
        using var client = new RawClient(endpoints.Listener);
        var first = await client.AskAsync(client.First[0], token);
        var other = await client.AskAsync(client.First[0], token);
        var second = client.Feed(first);
        Assert.That(other, Is.Not.EqualTo(first));
        Assert.That(client.Feed(other), Is.Empty);
        await client.FinishAsync(second, token);
        Assert.That(client.Core.IsConfirmed, Is.True);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task TokenFromAnotherAddress_IsRefused(CancellationToken token)
    {
        await using var endpoints = await CreateAsync();
        using var client = new RawClient(endpoints.Listener);
        var second = client.Feed(await client.AskAsync(client.First[0], token));
        client.Move();
        await client.FinishAsync(second, token);
        Assert.That(
            client.Core.End, Is.EqualTo(new TransportEnd(TransportEndCause.TransportError, Refusal.InvalidToken, "invalid token", true)));
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.Zero);
    }

    [TestCase(0)]
    [TestCase(32)]
    [CancelAfter(20_000)]
    public async Task AlteredToken_IsRefused(int threshold, CancellationToken token)
    {
        await using var endpoints = await CreateAsync(options => options with { RetryThreshold = threshold });
        using var client = new RawClient(endpoints.Listener);
        var refused = await client.AskAsync(client.AfterRetry([1, 2, 3, 4, 5, 6, 7, 8], [0xb7, .. new byte[89]]), token);
        Assert.That(refused, Has.Length.LessThan(100));
        client.Feed(refused);
        Assert.That((client.Core.End?.Cause, client.Core.End?.Code), Is.EqualTo((TransportEndCause.TransportError, 0x0bUL)));
    }

    /// <summary>A token that this endpoint has not made is of another server or another kind: it proves nothing.</summary>
    [TestCase(1)]
    [TestCase(24)]
    [TestCase(89)]
    [TestCase(91)]
    [TestCase(500)]
    [CancelAfter(20_000)]
    public async Task UnknownToken_IsIgnored(int length, CancellationToken token)
    {
        await using var endpoints = await CreateAsync();
        using var client = new RawClient(endpoints.Listener);
        var answer = await client.AskAsync(client.AfterRetry([1, 2, 3, 4, 5, 6, 7, 8], new byte[length]), token);
        Assert.That(RawClient.IsRetry(answer), Is.True);
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(7)]
    [CancelAfter(20_000)]
    public async Task ShortDestinationId_IsDropped(int length, CancellationToken token)
    {
        await using var endpoints = await CreateAsync(static options => options with { RetryThreshold = 32 });
        using var client = new RawClient(endpoints.Listener);
        using var other = new RawClient(endpoints.Listener);
        var shortId = client.AfterRetry(new byte[length], new byte[24]);
        Assert.That(RawClient.DestinationId(shortId).Length, Is.EqualTo(length));
        await client.SendAsync([shortId, other.First[0]], token);
        Assert.That(other.Feed(await client.ReceiveAsync(token)), Is.Not.Empty, "the only answer is the one to the second packet");
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.EqualTo(1));
    }

    private static Task<Endpoints> CreateAsync(Func<IrohEndpointOptions, IrohEndpointOptions>? change = null)
    {
        change ??= static options => options;
        return Endpoints.CreateAsync(options => change(options with { RetryThreshold = 0 }));
    }

    private static async Task ConnectAndEchoAsync(Endpoints endpoints, EndpointAddr address, CancellationToken token)
    {
        var accepting = endpoints.Listener.AcceptAsync(token).AsTask();
        await using var dialed = await endpoints.Dialer.ConnectAsync(address, [Endpoints.Protocol], token);
        await using var accepted = await accepting;
        var sent = await dialed.OpenUniAsync(token);
        await sent.WriteAsync(new byte[] { 42 }, token);
        var received = await accepted.AcceptUniAsync(token);
        var buffer = new byte[1];
        Assert.That(await received.ReadAsync(buffer, token), Is.EqualTo(1));
        Assert.That(buffer[0], Is.EqualTo(42));
    }
}
