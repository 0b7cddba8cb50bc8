using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>First packets that cannot begin a connection leave nothing.</summary>
[Parallelizable(ParallelScope.All)]
public class GarbageTests
{
    [Test]
    [CancelAfter(20_000)]
    public async Task PacketThatCannotBeDecrypted_HoldsNoHandshake_AndItsIdCanBeUsedAtOnce(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(static options => options with { MaxHandshakes = 1 });
        using var client = new RawClient(endpoints.Listener);
        var spoiled = client.First[0].ToArray();
        spoiled[^1] ^= 1;
        await client.SendAsync([spoiled, spoiled, client.First[0]], token);
        var answer = await client.ReceiveAsync(token);
        Assert.That(RawClient.IsInitial(answer), Is.True);
        await client.FinishAsync(client.Feed(answer), token);
        Assert.That(client.Core.IsConfirmed, Is.True);
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.EqualTo(1));
    }

    /// <summary>
    /// A first packet without the beginning of the TLS handshake may be the second of a client whose first one is late. It is kept only for
    /// a client that has proved its address.
    /// </summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task PacketWithALaterPartOfTheHandshake_GetsARetry_AndHoldsNoHandshake(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(static options => options with { MaxHandshakes = 1 });
        using var client = new RawClient(endpoints.Listener);
        byte[] id = [1, 2, 3, 4, 5, 6, 7, 8];
        var answer = await client.AskAsync(CraftedInitial.Create(id, CraftedInitial.Crypto(offset: 1000)), token);
        Assert.That(RawClient.IsRetry(answer), Is.True);
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.Zero);
        await client.FinishAsync(client.First, token);
        Assert.That(client.Core.IsConfirmed, Is.True);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task PacketWithoutAnyPartOfTheHandshake_HoldsNoHandshake(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(static options => options with { MaxHandshakes = 1 });
        using var client = new RawClient(endpoints.Listener);
        var pings = Enumerable.Range(0, 10).Select(static i => CraftedInitial.Create([1, 2, 3, 4, 5, 6, 7, (byte)i], CraftedInitial.Ping));
        await client.SendAsync(pings, token);
        await client.FinishAsync(client.First, token);
        Assert.That(client.Core.IsConfirmed, Is.True);
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task HandshakesBeyondTheLimit_AreRefusedAsBusy(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(static options => options with { MaxHandshakes = 1 });
        using var silent = new RawClient(endpoints.Listener);
        using var client = new RawClient(endpoints.Listener);
        Assert.That(RawClient.IsInitial(await silent.AskAsync(silent.First[0], token)), Is.True);
        var refused = await client.AskAsync(client.First[0], token);
        Assert.That(refused, Has.Length.LessThan(100));
        client.Feed(refused);
        Assert.That(
            client.Core.End, Is.EqualTo(new TransportEnd(TransportEndCause.TransportError, Refusal.ConnectionRefused, "busy", true)));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task SilentClients_OnlyCauseRetries_AndOthersGetIn(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(static options => options with { MaxHandshakes = 8, RetryThreshold = 4 });
        var silent = Enumerable.Range(0, 20).Select(_ => new RawClient(endpoints.Listener)).ToArray();
        foreach (var client in silent)
            await client.AskAsync(client.First[0], token);
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.EqualTo(2), "half of the threshold, because all have one address");
        var (dialed, _) = await endpoints.ConnectAsync(token);
        Assert.That(dialed.Protocol, Is.EqualTo(Endpoints.Protocol));
        foreach (var client in silent)
            client.Dispose();
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task SilentClientsWithValidTokens_HoldHalfOfTheHandshakes(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(static options => options with { MaxHandshakes = 8, RetryThreshold = 0 });
        var silent = Enumerable.Range(0, 6).Select(_ => new RawClient(endpoints.Listener)).ToArray();
        var refused = 0;
        foreach (var client in silent)
        {
            var second = client.Feed(await client.AskAsync(client.First[0], token));
            client.Feed(await client.AskAsync(second.Single(), token));
            refused += client.Core.End is { Reason: "busy" } ? 1 : 0;
        }

        Assert.That(refused, Is.EqualTo(2));
        foreach (var client in silent)
            client.Dispose();
    }
}
