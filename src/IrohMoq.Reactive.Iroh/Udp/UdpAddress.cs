using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Udp;

/// <summary>Converts between <see cref="IPEndPoint"/> and the native sockaddr_in and sockaddr_in6 structures.</summary>
internal static unsafe class UdpAddress
{
    /// <summary>The size in bytes of the larger structure, sockaddr_in6.</summary>
    public const int MaxSize = 28;

    private const int Ipv4Size = 16;

    public static uint Write(IPEndPoint address, byte* destination)
    {
        new Span<byte>(destination, MaxSize).Clear();
        var isIpv4 = address.AddressFamily == AddressFamily.InterNetwork;
        *(ushort*)destination = (ushort)(isIpv4 ? Libc.FamilyInet : Libc.FamilyInet6);
        destination[2] = (byte)(address.Port >> 8);
        destination[3] = (byte)address.Port;
        address.Address.TryWriteBytes(isIpv4 ? new Span<byte>(destination + 4, 4) : new Span<byte>(destination + 8, 16), out _);
        return isIpv4 ? Ipv4Size : (uint)MaxSize;
    }

    public static IPEndPoint Read(byte* source)
    {
        var port = (source[2] << 8) | source[3];
        var bytes = *(ushort*)source == Libc.FamilyInet ? new ReadOnlySpan<byte>(source + 4, 4) : new ReadOnlySpan<byte>(source + 8, 16);
        return new IPEndPoint(new IPAddress(bytes), port);
    }
}
