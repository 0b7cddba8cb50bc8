using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class CodeTests
{
    private const ulong Most = (1UL << 62) - 1;

    [Test]
    [CancelAfter(20_000)]
    public async Task CodeOutOfRange_IsRefusedAndEndsNothing(
        [Values(Most + 1, ulong.MaxValue)] ulong code, CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var stream = await dialed.OpenBidiAsync(token);
        Assert.That(() => stream.Send.Reset(code), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => stream.Receive.Stop(code), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => dialed.Close(code, ""), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => dialed.Close(0, null!), Throws.InstanceOf<ArgumentNullException>());
        await stream.Send.WriteAsync(new byte[1], token);
        var peer = await accepted.AcceptBidiAsync(token);
        Assert.That(await peer.Receive.ReadAsync(new byte[8], token), Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task TheLargestCodes_AreCarried(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var stream = await dialed.OpenBidiAsync(token);
        await stream.Send.WriteAsync(new byte[1], token);
        var peer = await accepted.AcceptBidiAsync(token);
        Assert.That(await peer.Receive.ReadAsync(new byte[8], token), Is.EqualTo(1));
        stream.Send.Reset(Most);
        var reset = await Assert.ThrowsAsync<TransportStreamException>(async () => await peer.Receive.ReadAsync(new byte[8], token));
        Assert.That(reset!.Code, Is.EqualTo(Most));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task LongReason_IsCutBetweenCharacters(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var reason = "x" + new string('ü', 5_000);
        dialed.Close(3, reason);
        var end = await accepted.Closed.WaitAsync(token);
        Assert.That(end.Reason, Has.Length.GreaterThan(100));
        Assert.That(reason.StartsWith(end.Reason, StringComparison.Ordinal), Is.True, "a half character at the end");
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task DialAfterTheEnd_Fails(CancellationToken token)
    {
        var endpoints = await Endpoints.CreateAsync();
        await endpoints.DisposeAsync();
        Assert.That(
            async () =>
                await new QuicConnection(endpoints.Dialer.Loop, endpoints.Dialer.Runtime, [endpoints.Listener.LocalEndPoint])
                    .Establishment.DialAsync(endpoints.Listener.Id, [Endpoints.Protocol], token)
                    .WaitAsync(token),
            Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await endpoints.Dialer.AcceptAsync(token), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(
            async () => await endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, [Endpoints.Protocol], token),
            Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => endpoints.Dialer.Listen([Endpoints.Protocol]), Throws.InstanceOf<ObjectDisposedException>());
        await endpoints.DisposeAsync();
    }
}
