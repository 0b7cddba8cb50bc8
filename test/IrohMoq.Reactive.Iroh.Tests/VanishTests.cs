using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class VanishTests
{
    [Test]
    [CancelAfter(20_000)]
    public async Task PeerThatVanishes_TimesOutOnBothSides_AndMemoryIsReleased(CancellationToken token)
    {
        var endpoints = await Endpoints.CreateAsync(
            options => options with { IdleTimeout = TimeSpan.FromSeconds(1), KeepAlive = TimeSpan.FromMilliseconds(200) });
        await using (endpoints)
        {
            await using var relay = new Relay(endpoints.Listener.LocalEndPoint);
            var accepting = endpoints.Listener.AcceptAsync(token).AsTask();
            var dialed = await endpoints.Dialer.ConnectAsync(
                new EndpointAddr(endpoints.Listener.Id, relay.Address), [Endpoints.Protocol], token);
            var accepted = await accepting;
            var stream = await dialed.OpenUniAsync(token);
            await stream.WriteAsync(new byte[1], token);
            await accepted.AcceptUniAsync(token);

            relay.Cut();
            var block = endpoints.Pool.Rent(100_000);
            await stream.WriteBlockAsync(default, new BlockSlice(block, 0, 100_000), token);
            block.Release();
            Assert.That((await dialed.Closed.WaitAsync(token)).Cause, Is.EqualTo(TransportEndCause.TimedOut));
            Assert.That((await accepted.Closed.WaitAsync(token)).Cause, Is.EqualTo(TransportEndCause.TimedOut));
            Assert.That((await stream.Closed.WaitAsync(token)).Cause, Is.EqualTo(StreamEndCause.ConnectionClosed));
            await Assert.ThrowsAsync<TransportClosedException>(async () => await stream.WriteAsync(new byte[1], token));
            await accepted.DisposeAsync();
        }

        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
    }
}
