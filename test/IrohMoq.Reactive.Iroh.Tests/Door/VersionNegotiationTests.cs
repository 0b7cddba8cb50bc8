using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Dials of a server that speaks another version of QUIC.</summary>
[Parallelizable(ParallelScope.All)]
public class VersionNegotiationTests
{
    private const uint Version1 = 1;
    private const uint Version2 = 0x6b3343cf;
    private const uint Reserved = 0x1a2a3a4a;

    [Test]
    [CancelAfter(5_000)]
    public async Task DialOfAServerWithoutVersion1_FailsAtOnce(CancellationToken token)
    {
        await using var server = new OtherVersionServer(Reserved, Version2);
        await using var endpoints = await Endpoints.CreateAsync();
        var failure = await FailureAsync(endpoints.Dialer, server.Address, token);
        Assert.That(
            (failure.Error, failure.IsTransient, failure.IsRemote), Is.EqualTo((ConnectError.VersionMismatch, false, true)));
        Assert.That(failure.Message, Does.Contain("0x6b3343cf").And.Contain(server.Address.ToString()));
        Assert.That(endpoints.Dialer.Loop.ConnectionCount, Is.Zero);
    }

    /// <summary>RFC 9000, section 6.2: the packet is ignored, because it cannot be the answer of a server that speaks version 1.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task AnswerThatNamesVersion1_IsIgnored(CancellationToken token)
    {
        await using var server = new OtherVersionServer(Version2, Version1);
        await TimesOutAsync(server, token);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task AnswerWithOtherIds_IsIgnored(CancellationToken token)
    {
        await using var server = new OtherVersionServer(Version2) { HasWrongIds = true };
        await TimesOutAsync(server, token);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task OfSeveralAddresses_TheOneWithVersion1IsUsed(CancellationToken token)
    {
        await using var server = new OtherVersionServer(Version2);
        await using var endpoints = await Endpoints.CreateAsync();
        var listener = endpoints.Listener;
        foreach (var addresses in new[] { new[] { server.Address, listener.LocalEndPoint }, [listener.LocalEndPoint, server.Address] })
        {
            await using var connection = await endpoints.Dialer.ConnectAsync(
                new EndpointAddr(listener.Id, addresses), [Endpoints.Protocol], token);
            Assert.That(connection.Protocol, Is.EqualTo(Endpoints.Protocol));
        }
    }

    private static async Task TimesOutAsync(OtherVersionServer server, CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(
            static options => options with { HandshakeTimeout = TimeSpan.FromSeconds(1) });
        var failure = await FailureAsync(endpoints.Dialer, server.Address, token);
        Assert.That(failure.Error, Is.EqualTo(ConnectError.TimedOut));
        Assert.That(server.Answers, Is.Positive);
    }

    private static async Task<MoqConnectException> FailureAsync(IrohEndpoint dialer, IPEndPoint address, CancellationToken token)
    {
        var dialing = dialer.ConnectAsync(new EndpointAddr(SecretKey.Generate().Id, address), [Endpoints.Protocol], token).AsTask();
        return (await Assert.ThrowsAsync<MoqConnectException>(async () => await dialing))!;
    }

    /// <summary>A UDP socket that answers each first packet with a Version Negotiation packet (RFC 9000, section 17.2.1).</summary>
    private sealed class OtherVersionServer : IAsyncDisposable
    {
        private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        private readonly CancellationTokenSource _stop = new();
        private readonly uint[] _versions;
        private readonly Task _running;
        private int _answers;

        public OtherVersionServer(params uint[] versions)
        {
            _versions = versions;
            _running = RunAsync();
        }

        public IPEndPoint Address => (IPEndPoint)_socket.Client.LocalEndPoint!;

        public int Answers => Volatile.Read(ref _answers);

        public bool HasWrongIds { get; init; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _socket.Dispose();
            _stop.Dispose();
        }

        private async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    var first = await _socket.ReceiveAsync(_stop.Token);
                    await _socket.SendAsync(AnswerTo(first.Buffer), first.RemoteEndPoint, _stop.Token);
                    Interlocked.Increment(ref _answers);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }

        private byte[] AnswerTo(byte[] packet)
        {
            var destination = packet.AsSpan(6, packet[5]).ToArray();
            var source = packet.AsSpan(7 + destination.Length, packet[6 + destination.Length]).ToArray();
            if (HasWrongIds)
                destination[0] ^= 1;
            return
            [
                0x80, 0, 0, 0, 0, (byte)source.Length, .. source, (byte)destination.Length, .. destination,
                .. _versions.SelectMany(static version => BitConverter.GetBytes(IPAddress.HostToNetworkOrder((int)version))),
            ];
        }
    }
}
