using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using IrohMoq.Load.Flood;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A real client whose datagrams the test sends itself, over a socket of its own, altered or not.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    private readonly CoreSettings _settings = ClientCore.CreateSettings();
    private readonly IPEndPoint _listener;
    private UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));

    public RawClient(IrohEndpoint listener, string protocol = Endpoints.Protocol)
        : this(listener.LocalEndPoint, listener.Id, protocol)
    {
    }

    public RawClient(IPEndPoint listener, EndpointId expected, string protocol = Endpoints.Protocol)
    {
        _listener = listener;
        Core = new ClientCore(_settings, expected, [protocol], Now);
        First = Core.TakeSent();
    }

    /// <summary>The state of the client.</summary>
    public ClientCore Core { get; }

    /// <summary>The datagrams of the first flight.</summary>
    public IReadOnlyList<byte[]> First { get; }

    private static ulong Now => (ulong)(Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency));

    /// <summary>The destination connection id of a packet with a long header.</summary>
    public static ReadOnlySpan<byte> DestinationId(ReadOnlySpan<byte> packet) => packet.Slice(6, packet[5]);

    public static bool IsRetry(ReadOnlySpan<byte> packet) => (packet[0] & 0xf0) == 0xf0 && packet[1..5] is [0, 0, 0, 1];

    public static bool IsInitial(ReadOnlySpan<byte> packet) => (packet[0] & 0xf0) == 0xc0 && packet[1..5] is [0, 0, 0, 1];

    /// <summary>
    /// Gives the client a Retry with any connection id and token, as somebody who sees its first packet could, and returns what it sends
    /// then: a first packet with this token.
    /// </summary>
    public unsafe byte[] AfterRetry(byte[] scid, byte[] token)
    {
        var first = First[0];
        var destination = new byte[1200];
        NgPacketHeader header;
        NgCid id;
        ConnectionId.From(scid).CopyTo(&id);
        nint length;
        fixed (byte* packet = first, bytes = token, buffer = destination)
        {
            Assert.That(Ngtcp2.Accept(&header, packet, (nuint)first.Length), Is.Zero);
            length = CryptoGnuTls.WriteRetry(
                buffer, (nuint)destination.Length, Ngtcp2.Version1, &header.Scid, &id, &header.Dcid, bytes, (nuint)token.Length);
        }

        return Feed(destination[..(int)length]).Single();
    }

    /// <summary>Moves the client to another address.</summary>
    public void Move()
    {
        _socket.Dispose();
        _socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
    }

    /// <summary>Passes a datagram of the listener to the client, and returns what it sends then.</summary>
    public IReadOnlyList<byte[]> Feed(byte[] datagram)
    {
        Core.Receive(datagram, Now);
        return Core.TakeSent();
    }

    public async Task SendAsync(IEnumerable<byte[]> datagrams, CancellationToken token)
    {
        foreach (var datagram in datagrams)
            await _socket.SendAsync(datagram, _listener, token);
    }

    public async Task<byte[]> ReceiveAsync(CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(AnswerLimit);
        return (await _socket.ReceiveAsync(limit.Token)).Buffer;
    }

    /// <summary>Sends a datagram, and returns the next datagram of the listener.</summary>
    public async Task<byte[]> AskAsync(byte[] datagram, CancellationToken token)
    {
        await SendAsync([datagram], token);
        return await ReceiveAsync(token);
    }

    /// <summary>Continues the handshake until the server has accepted the client or refused it.</summary>
    public async Task FinishAsync(IReadOnlyList<byte[]> sent, CancellationToken token)
    {
        await SendAsync(sent, token);
        while (!Core.IsConfirmed && Core.End is null)
            await SendAsync(Feed(await ReceiveAsync(token)), token);
    }

    public void Dispose()
    {
        Core.Dispose();
        _socket.Dispose();
        _settings.Dispose();
    }
}
