using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Stateless resets: an endpoint that is started again resets the connections of its former peers.</summary>
[Parallelizable(ParallelScope.All)]
public class ResetTests
{
    private static readonly IrohEndpointOptions Options = new()
    {
        BindAddress = new IPEndPoint(IPAddress.Loopback, 0), KeepAlive = TimeSpan.FromMilliseconds(200),
    };

    [Test]
    [CancelAfter(20_000)]
    public async Task RestartedListener_ResetsTheConnectionsOfItsPredecessor(CancellationToken token)
    {
        var key = SecretKey.Generate();
        await using var former = await IrohEndpoint.CreateAsync(key, Options, token);
        former.Listen([Endpoints.Protocol]);
        await using var dialer = await IrohEndpoint.CreateAsync(options: Options, cancellationToken: token);
        await using var relay = new Relay(former.LocalEndPoint);
        var dialed = await dialer.ConnectAsync(new EndpointAddr(former.Id, relay.Address), [Endpoints.Protocol], token);

        await using var restarted = await IrohEndpoint.CreateAsync(key, Options, token);
        relay.Replace(restarted.LocalEndPoint);
        Assert.That(
            await dialed.Closed.WaitAsync(TimeSpan.FromSeconds(5), token),
            Is.EqualTo(new TransportEnd(TransportEndCause.Reset, 0, "", IsRemote: true)));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task EndpointWithAnotherKey_CannotResetAConnection(CancellationToken token)
    {
        await using var former = await IrohEndpoint.CreateAsync(options: Options, cancellationToken: token);
        former.Listen([Endpoints.Protocol]);
        await using var dialer = await IrohEndpoint.CreateAsync(
            options: Options with { IdleTimeout = TimeSpan.FromSeconds(2) }, cancellationToken: token);
        await using var relay = new Relay(former.LocalEndPoint);
        var dialed = await dialer.ConnectAsync(new EndpointAddr(former.Id, relay.Address), [Endpoints.Protocol], token);

        await using var other = await IrohEndpoint.CreateAsync(options: Options, cancellationToken: token);
        relay.Replace(other.LocalEndPoint);
        Assert.That((await dialed.Closed.WaitAsync(token)).Cause, Is.EqualTo(TransportEndCause.TimedOut));
    }

    [TestCase(22, 21)]
    [TestCase(30, 29)]
    [TestCase(1200, 42)]
    [CancelAfter(20_000)]
    public async Task Reset_IsShorterThanThePacketThatCausedIt(int packet, int reset, CancellationToken token)
    {
        await using var endpoint = await IrohEndpoint.CreateAsync(options: Options, cancellationToken: token);
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await socket.SendAsync(ShortPacket(packet, id: 1), endpoint.LocalEndPoint, token);
        var answer = (await socket.ReceiveAsync(token)).Buffer;
        Assert.That(answer, Has.Length.EqualTo(reset));
        Assert.That(answer[0] & 0xc0, Is.EqualTo(0x40), "it looks like a packet with a short header");
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task PacketThatIsTooShort_GetsNoReset(CancellationToken token)
    {
        await using var endpoint = await IrohEndpoint.CreateAsync(options: Options, cancellationToken: token);
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await socket.SendAsync(ShortPacket(21, id: 1), endpoint.LocalEndPoint, token);
        await socket.SendAsync(ShortPacket(40, id: 2), endpoint.LocalEndPoint, token);
        Assert.That((await socket.ReceiveAsync(token)).Buffer, Has.Length.EqualTo(39), "the only answer is the one to the second packet");
    }

    [Test]
    public void RateLimit_AllowsABurst_AndThenItsRate()
    {
        var limit = new RateLimit(perSecond: 10, burst: 3);
        const ulong second = 1_000_000_000;
        Assert.That(Taken(5 * second), Is.EqualTo(3));
        Assert.That(Taken((5 * second) + (second / 20)), Is.Zero);
        Assert.That(Taken((5 * second) + (second / 10)), Is.EqualTo(1));
        Assert.That(Taken((5 * second) + (second * 3 / 10)), Is.EqualTo(2));
        Assert.That(Taken(60 * second), Is.EqualTo(3));

        int Taken(ulong now)
        {
            var count = 0;
            while (limit.TryTake(now))
                count++;
            return count;
        }
    }

    [Test]
    public void Secret_DependsOnTheKeyAlone()
    {
        NativeLibraries.EnsureLoaded();
        var seed = Enumerable.Range(0, SecretKey.Size).Select(static i => (byte)i).ToArray();
        var secret = SecretOf(SecretKey.FromBytes(seed));
        Assert.That(SecretOf(SecretKey.FromBytes(seed)), Is.EqualTo(secret));
        Assert.That(SecretOf(SecretKey.Generate()), Is.Not.EqualTo(secret));

        static unsafe byte[] SecretOf(SecretKey key)
        {
            using var secret = new ResetSecret(key);
            NgCid id = default;
            id.Length = ConnectionId.OwnLength;
            var token = new byte[ResetToken.Size];
            fixed (byte* destination = token)
                Assert.That(secret.TryGenerate(&id, destination), Is.True);
            return token;
        }
    }

    /// <summary>Returns a packet with a short header and a connection id that no endpoint has issued.</summary>
    private static byte[] ShortPacket(int length, byte id)
    {
        var packet = new byte[length];
        packet[0] = 0x40;
        packet.AsSpan(1, 8).Fill(id);
        return packet;
    }
}
