using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The codes of the table of refusals in docs/endpoint.md, as a client receives or sends them.</summary>
[Parallelizable(ParallelScope.All)]
public class RefusalTests
{
    [Test]
    [CancelAfter(20_000)]
    public async Task EndpointThatDoesNotListen_SendsNotServing(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        using var client = new RawClient(endpoints.Dialer);
        var refusal = await client.AskAsync(client.First[0], token);
        client.Feed(refusal);
        Assert.That(refusal, Has.Length.LessThan(100));
        Assert.That(
            client.Core.End,
            Is.EqualTo(new TransportEnd(TransportEndCause.TransportError, Refusal.ConnectionRefused, "not serving", true)));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task UnknownProtocol_IsAnsweredWithItsAlert(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        using var client = new RawClient(endpoints.Listener, "unknown");
        client.Feed(await client.AskAsync(client.First[0], token));
        Assert.That(
            (client.Core.End?.Cause, client.Core.End?.Code, client.Core.End?.IsRemote),
            Is.EqualTo((TransportEndCause.TransportError, 0x178UL, true)));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task ClientThatExpectsAnotherKey_SendsAnAlert(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        using var client = new RawClient(endpoints.Listener.LocalEndPoint, SecretKey.Generate().Id);
        await client.FinishAsync(client.First, token);
        Assert.That(
            (client.Core.End?.Cause, client.Core.End?.Code, client.Core.End?.IsRemote),
            Is.EqualTo((TransportEndCause.TransportError, 0x12aUL, false)));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task UnknownVersion_IsAnsweredWithOurs(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        using var client = new RawClient(endpoints.Listener);
        var packet = client.First[0].ToArray();
        packet.AsSpan(1, 4).Fill(0xba);
        var answer = await client.AskAsync(packet, token);
        Assert.That(answer[1..5], Is.EqualTo(new byte[4]));
        Assert.That(answer[^4..], Is.EqualTo(new byte[] { 0, 0, 0, 1 }));
        Assert.That(answer, Has.Length.LessThan(60));
    }
}
