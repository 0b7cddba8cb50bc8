using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Bytes that are not read when a connection or an endpoint is disposed are released, and a later read fails.</summary>
[Parallelizable(ParallelScope.All)]
public class EndTests
{
    private const int Size = 10_000;

    [Test]
    [CancelAfter(20_000)]
    public async Task UnreadBytes_AreReleasedWithTheConnection(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var (whole, open) = await UnreadAsync(dialed, accepted, token);
        dialed.Close(7, "enough");
        await accepted.Closed.WaitAsync(token);
        Assert.That(endpoints.Pool.BytesOut, Is.Positive);

        await accepted.DisposeAsync();
        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
        foreach (var stream in new[] { whole, open })
        {
            var closed = await Assert.ThrowsAsync<TransportClosedException>(async () => await stream.ReadAsync(new byte[1], token));
            Assert.That((closed!.End.Code, closed.End.IsRemote), Is.EqualTo((7ul, true)));
        }
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task UnreadBytes_AreReleasedWithTheEndpoint(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var (whole, open) = await UnreadAsync(dialed, accepted, token);
        await endpoints.Listener.DisposeAsync();
        await dialed.Closed.WaitAsync(token);
        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
        foreach (var stream in new[] { whole, open })
            await Assert.ThrowsAsync<TransportClosedException>(async () => await stream.ReadAsync(new byte[1], token));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task CloseThatIsLost_IsSentAgainWhileTheEndpointShutsDown(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(
            static options => options with { KeepAlive = TimeSpan.FromMilliseconds(5) });
        await using var relay = new Relay(endpoints.Listener.LocalEndPoint);
        var accepting = endpoints.Listener.AcceptAsync(token).AsTask();
        var dialed = await endpoints.Dialer.ConnectAsync(
            new EndpointAddr(endpoints.Listener.Id, relay.Address), [Endpoints.Protocol], token);
        await accepting;
        relay.LosesListener = true;
        var disposing = endpoints.Listener.DisposeAsync();
        await relay.Lost.WaitAsync(token);
        relay.LosesListener = false;
        // The idle timeout is 30 seconds, longer than the test may take.
        var end = await dialed.Closed.WaitAsync(token);
        Assert.That((end.Cause, end.IsRemote), Is.EqualTo((TransportEndCause.ClosedByApplication, true)));
        await disposing;
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task BytesThatArrivedBeforeTheEnd_CanBeReadAfterIt(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var (whole, open) = await UnreadAsync(dialed, accepted, token);
        dialed.Close(7, "enough");
        await accepted.Closed.WaitAsync(token);

        foreach (var stream in new[] { whole, open })
        {
            var buffer = new byte[Size];
            var read = 1;
            while (read < Size)
                read += await stream.ReadAsync(buffer, token);
            Assert.That(read, Is.EqualTo(Size));
        }

        Assert.That(await whole.ReadAsync(new byte[1], token), Is.Zero);
        await Assert.ThrowsAsync<TransportClosedException>(async () => await open.ReadAsync(new byte[1], token));
        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
    }

    /// <summary>
    /// Creates two accepted streams of which only the first byte was read: one is finished and acknowledged, the other is open.
    /// </summary>
    private static async Task<(IReceiveStream Whole, IReceiveStream Open)> UnreadAsync(
        ITransportConnection dialed, ITransportConnection accepted, CancellationToken token)
    {
        var first = await dialed.OpenUniAsync(token);
        await first.WriteAsync(new byte[Size], token);
        var whole = await accepted.AcceptUniAsync(token);
        var second = await dialed.OpenUniAsync(token);
        await second.WriteAsync(new byte[Size], token);
        var open = await accepted.AcceptUniAsync(token);
        Assert.That(await whole.ReadAsync(new byte[1], token), Is.EqualTo(1));
        Assert.That(await open.ReadAsync(new byte[1], token), Is.EqualTo(1));

        // All bytes that were sent before have arrived when the bytes that were sent after them are acknowledged.
        first.Finish();
        Assert.That((await first.Closed.WaitAsync(token)).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        var last = await dialed.OpenUniAsync(token);
        await last.WriteAsync(new byte[1], token);
        last.Finish();
        Assert.That((await last.Closed.WaitAsync(token)).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        Assert.That(await (await accepted.AcceptUniAsync(token)).ReadAsync(new byte[1], token), Is.EqualTo(1));
        return (whole, open);
    }
}
