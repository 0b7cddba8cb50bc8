using System.Buffers.Binary;
using System.Net.Sockets;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Reads and writes the control messages (cmsg) of a UDP socket on 64-bit Linux: the local address of a datagram, and the size of the
/// datagrams that one system call sends or receives.
/// </summary>
internal static class ControlMessages
{
    /// <summary>The number of bytes that is sufficient for all control messages of one call.</summary>
    public const int MaxSize = 128;

    /// <summary>The length of the header of a control message: its length, level and type.</summary>
    private const int HeaderSize = 16;

    private const int Alignment = 8;

    /// <summary>in_pktinfo: the interface index, the local address, and the destination address of the header.</summary>
    private const int PacketInfoSize = 12;

    /// <summary>in6_pktinfo: the local address and the interface index.</summary>
    private const int PacketInfo6Size = 20;

    private const int IPv6Size = 16;

    /// <summary>Reads the control messages of received datagrams.</summary>
    /// <param name="control">The control messages.</param>
    /// <param name="bound">The address that the socket is bound to.</param>
    /// <param name="local">The local address of the datagrams; <paramref name="bound"/> if the kernel has not reported it.</param>
    /// <param name="segment">The size of each datagram, or 0 if the kernel has not reported it.</param>
    public static void Read(ReadOnlySpan<byte> control, in NetworkAddress bound, out NetworkAddress local, out int segment)
    {
        local = bound;
        segment = 0;
        while (control.Length >= HeaderSize)
        {
            var length = (int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(control), (ulong)control.Length);
            if (length < HeaderSize)
                return;
            var level = BinaryPrimitives.ReadInt32LittleEndian(control[8..]);
            var type = BinaryPrimitives.ReadInt32LittleEndian(control[12..]);
            var data = control[HeaderSize..length];
            switch (level, type)
            {
                case (Libc.SolUdp, Libc.UdpGro) when data.Length >= sizeof(int):
                    segment = BinaryPrimitives.ReadInt32LittleEndian(data);
                    break;
                case (Libc.IpProtoIp, Libc.IpPacketInfo) when data.Length >= PacketInfoSize:
                    local = bound with { Low = BinaryPrimitives.ReadUInt32BigEndian(data[4..]) };
                    break;
                case (Libc.IpProtoIpv6, Libc.Ipv6PacketInfo) when data.Length >= PacketInfo6Size:
                    local = bound with
                    {
                        High = BinaryPrimitives.ReadUInt64BigEndian(data),
                        Low = BinaryPrimitives.ReadUInt64BigEndian(data[8..]),
                    };
                    // Without its network interface, a link-local address cannot be the source of an answer.
                    if (local.IsIPv6LinkLocal)
                        local = local with { ScopeId = BinaryPrimitives.ReadUInt32LittleEndian(data[IPv6Size..]) };
                    break;
            }

            control = control[Math.Min(Align(length), control.Length)..];
        }
    }

    /// <summary>Writes the control messages of datagrams to send.</summary>
    /// <param name="destination">The buffer, <see cref="MaxSize"/> bytes.</param>
    /// <param name="local">The local address from which to send. If its host is unspecified, the kernel chooses.</param>
    /// <param name="segment">The size of each datagram, or 0 for a single datagram.</param>
    /// <returns>The length in bytes.</returns>
    public static int Write(Span<byte> destination, in NetworkAddress local, int segment)
    {
        var used = 0;
        if (segment > 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Begin(destination, Libc.SolUdp, Libc.UdpSegment, sizeof(ushort)), (ushort)segment);
            used += HeaderSize + Alignment;
        }

        if (local.IsUnspecified)
            return used;
        if (local.Family == AddressFamily.InterNetwork)
        {
            var info = Begin(destination[used..], Libc.IpProtoIp, Libc.IpPacketInfo, PacketInfoSize);
            BinaryPrimitives.WriteUInt32BigEndian(info[4..], (uint)local.Low);
            return used + Align(HeaderSize + PacketInfoSize);
        }

        var info6 = Begin(destination[used..], Libc.IpProtoIpv6, Libc.Ipv6PacketInfo, PacketInfo6Size);
        BinaryPrimitives.WriteUInt64BigEndian(info6, local.High);
        BinaryPrimitives.WriteUInt64BigEndian(info6[8..], local.Low);
        BinaryPrimitives.WriteUInt32LittleEndian(info6[IPv6Size..], local.ScopeId);
        return used + Align(HeaderSize + PacketInfo6Size);
    }

    private static int Align(int length) => (length + Alignment - 1) & ~(Alignment - 1);

    private static Span<byte> Begin(Span<byte> destination, int level, int type, int length)
    {
        destination[..Align(HeaderSize + length)].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(destination, (ulong)(HeaderSize + length));
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], level);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], type);
        return destination[HeaderSize..];
    }
}
