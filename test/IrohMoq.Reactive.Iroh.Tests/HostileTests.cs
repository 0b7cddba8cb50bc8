using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class HostileTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task CorruptInitialPackets_DoNotAffectOtherConnections(CancellationToken token)
    {
        const int packets = 5_000;
        var endpoints = await Endpoints.CreateAsync(options => options with { HandshakeTimeout = TimeSpan.FromSeconds(1) });
        await using (endpoints)
        {
            var initial = await RealInitialAsync(endpoints, token);
            var (dialed, accepted) = await endpoints.ConnectAsync(token);
            var stream = await dialed.OpenBidiAsync(token);
            var buffer = new byte[8];
            await stream.Send.WriteAsync(buffer, token);
            var peer = await accepted.AcceptBidiAsync(token);
            Assert.That(await peer.Receive.ReadAsync(buffer, token), Is.EqualTo(8));

            using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
            var random = new Random(11);
            for (var i = 0; i < packets; i++)
            {
                await socket.SendAsync(Spoil(initial, random), endpoints.Listener.LocalEndPoint, token);
                if (i % 100 != 0)
                    continue;
                await stream.Send.WriteAsync(new byte[] { 1 }, token);
                Assert.That(await peer.Receive.ReadAsync(buffer, token), Is.EqualTo(1), $"after {i} packets");
            }

            Assert.That(endpoints.Listener.Closed.IsCompleted, Is.False);
            Assert.That(accepted.Closed.IsCompleted, Is.False);
            var (again, _) = await endpoints.ConnectAsync(token);
            Assert.That(again.Protocol, Is.EqualTo(Endpoints.Protocol), "a later connection is the next that is accepted");
        }

        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task BlockedConsumer_DoesNotDelayAnotherConnection(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (held, heldPeer) = await endpoints.ConnectAsync(token);
        var (free, freePeer) = await endpoints.ConnectAsync(token);
        using var go = new ManualResetEventSlim();
        using var isBlocked = new SemaphoreSlim(0);
        var sending = await held.OpenUniAsync(token);
        var consumer = Task.Run(async () =>
        {
            var receive = await heldPeer.AcceptUniAsync(token);
            var buffer = new byte[4096];
            var total = 0L;
            while (await receive.ReadAsync(buffer, token) is > 0 and var count)
            {
                // This runs on the thread on which the transport continues the reader.
                isBlocked.Release();
                go.Wait(token);
                total += count;
            }

            return total;
        }, token);
        var filling = Task.Run(async () =>
        {
            await sending.WriteAsync(new byte[4 << 20], token);
            sending.Finish();
        }, token);
        await isBlocked.WaitAsync(token);

        var stream = await free.OpenBidiAsync(token);
        await stream.Send.WriteAsync(new byte[1], token);
        var peer = await freePeer.AcceptBidiAsync(token);
        var buffer = new byte[16];
        Assert.That(await peer.Receive.ReadAsync(buffer, token), Is.EqualTo(1));
        for (var i = 0; i < 500; i++)
        {
            await stream.Send.WriteAsync(new byte[16], token);
            for (var read = 0; read < 16;)
                read += await peer.Receive.ReadAsync(buffer.AsMemory(read), token);
        }

        Assert.That(consumer.IsCompleted, Is.False);
        Assert.That(filling.IsCompleted, Is.False, "what is not read is not sent");
        go.Set();
        await filling;
        Assert.That(await consumer, Is.EqualTo(4 << 20));
    }

    /// <summary>Returns the first packet of a dial, as a socket that does not answer receives it.</summary>
    private static async Task<byte[]> RealInitialAsync(Endpoints endpoints, CancellationToken token)
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(token);
        var dialing = endpoints.Dialer.ConnectAsync(
            new EndpointAddr(endpoints.Listener.Id, (IPEndPoint)silent.Client.LocalEndPoint!), [Endpoints.Protocol], giveUp.Token).AsTask();
        var initial = await silent.ReceiveAsync(token);
        await giveUp.CancelAsync();
        Assert.That(async () => await dialing, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(initial.Buffer, Has.Length.GreaterThanOrEqualTo(1200));
        return initial.Buffer;
    }

    private static byte[] Spoil(byte[] initial, Random random)
    {
        var spoilt = random.Next(3) == 0 ? initial[..random.Next(1, initial.Length)] : [.. initial];
        // Half of the changes are in the header, where lengths and ids are.
        for (var i = random.Next(1, 6); i > 0; i--)
            spoilt[random.Next(random.Next(2) == 0 ? Math.Min(60, spoilt.Length) : spoilt.Length)] = (byte)random.Next(256);
        return spoilt;
    }
}
