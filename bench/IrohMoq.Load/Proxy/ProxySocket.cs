using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Load;

/// <summary>Represents a non-blocking UDP socket with a large receive buffer that never sends a fragment.</summary>
internal sealed class ProxySocket : IDisposable
{
    private const int Buffer = 32 << 20;
    private const int LevelSocket = 1;
    private const int ForceReceiveBuffer = 33;
    private const int LevelIp = 0;
    private const int IpMtuDiscover = 10;
    private const int LevelIpv6 = 41;
    private const int Ipv6MtuDiscover = 23;

    /// <summary>Sends every packet with the flag that forbids fragments, whatever routers have reported.</summary>
    private const int Probe = 3;

    public ProxySocket(IPEndPoint local)
    {
        Socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        Socket.SendBufferSize = Buffer;
        try
        {
            Set(LevelSocket, ForceReceiveBuffer, Buffer);
        }
        catch (SocketException)
        {
            // Only root may exceed the limit of the system.
            Socket.ReceiveBufferSize = Buffer;
        }

        var isIpv6 = local.AddressFamily == AddressFamily.InterNetworkV6;
        Set(isIpv6 ? LevelIpv6 : LevelIp, isIpv6 ? Ipv6MtuDiscover : IpMtuDiscover, Probe);
        Socket.Bind(local);
    }

    public Socket Socket { get; }

    /// <summary>Receives a datagram.</summary>
    /// <returns>The length of the datagram; -1 if none has arrived.</returns>
    public int Receive(Span<byte> buffer, SocketAddress from)
    {
        // An exception for each time that nothing is left would take longer than everything else.
        if (Socket.Available == 0)
            return -1;
        try
        {
            return Socket.ReceiveFrom(buffer, SocketFlags.None, from);
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.ConnectionRefused or SocketError.WouldBlock)
        {
            return -1;
        }
    }

    /// <summary>Sends a datagram, and counts it as sent, too large, overflowed or lost.</summary>
    public void Send(ReadOnlySpan<byte> datagram, SocketAddress to, ProxyCounts counts)
    {
        try
        {
            Socket.SendTo(datagram, SocketFlags.None, to);
            counts.Forwarded++;
            counts.Bytes += datagram.Length;
            counts.Largest = Math.Max(counts.Largest, datagram.Length);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.MessageSize)
        {
            counts.TooLarge++;
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable)
        {
            counts.Overflowed++;
        }
        catch (SocketException failure) when (failure.SocketErrorCode is
            SocketError.ConnectionRefused or SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown)
        {
            counts.Lost++;
        }
    }

    public void Dispose() => Socket.Dispose();

    private void Set(int level, int name, int value) => Socket.SetRawSocketOption(level, name, BitConverter.GetBytes(value));
}
