using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents an IP address and a port as a value that can be compared and converted without allocating memory. The default value is no
/// address.
/// </summary>
/// <param name="High">The first eight bytes of an IPv6 address in network byte order; 0 for IPv4.</param>
/// <param name="Low">The last eight bytes of an IPv6 address, or the four bytes of an IPv4 address, in network byte order.</param>
/// <param name="ScopeId">The scope id of an IPv6 link-local address; otherwise, 0.</param>
/// <param name="Port">The UDP port.</param>
/// <param name="Family">The address family.</param>
internal readonly record struct NetworkAddress(ulong High, ulong Low, uint ScopeId, ushort Port, AddressFamily Family)
{
    /// <summary>The number of bytes that is sufficient for a native socket address of either family (sockaddr_in6).</summary>
    public const int MaxNativeSize = 28;

    private const int NativeIPv4Size = 16;
    private const ushort NativeIPv4 = 2;
    private const ushort NativeIPv6 = 10;
    private const int IPv6Size = 16;

    /// <summary>Gets a value that indicates whether this is the default value, which is no address.</summary>
    public bool IsEmpty => Family == default;

    /// <summary>Gets a value that indicates whether the host is the unspecified address (0.0.0.0 or ::).</summary>
    public bool IsUnspecified => High == 0 && Low == 0;

    /// <summary>
    /// Gets the network that one subscriber of an internet provider usually controls, as an address without a port: the IPv4 address, or
    /// the first 64 bits of the IPv6 address.
    /// </summary>
    public NetworkAddress Network => this with { Low = Family == AddressFamily.InterNetworkV6 ? 0 : Low, Port = 0 };

    /// <summary>Gets a value that indicates whether the host is a loopback address (127.0.0.0/8 or ::1).</summary>
    public bool IsLoopback => Family == AddressFamily.InterNetwork ? Low >> 24 == 127 : High == 0 && Low == 1;

    /// <summary>
    /// Gets a value that indicates whether the host is an IPv6 link-local address (fe80::/10), which is valid only together with the scope
    /// id of a network interface.
    /// </summary>
    public bool IsIPv6LinkLocal => Family == AddressFamily.InterNetworkV6 && High >> 54 == 0xfe80 >> 6;

    /// <summary>Converts an <see cref="IPEndPoint"/>. An IPv4-mapped IPv6 address becomes an IPv4 address.</summary>
    public static NetworkAddress From(IPEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[IPv6Size];
        var address = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        _ = address.TryWriteBytes(bytes, out var length);
        if (length != IPv6Size)
            return new NetworkAddress(0, BinaryPrimitives.ReadUInt32BigEndian(bytes), 0, (ushort)endPoint.Port, AddressFamily.InterNetwork);
        var scope = address.IsIPv6LinkLocal ? (uint)address.ScopeId : 0;
        return new NetworkAddress(
            BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]), scope,
            (ushort)endPoint.Port, AddressFamily.InterNetworkV6);
    }

    /// <summary>Reads a native socket address (sockaddr_in or sockaddr_in6).</summary>
    /// <param name="source">The native socket address.</param>
    /// <returns>The address, or the default value if the address family is neither IPv4 nor IPv6.</returns>
    public static NetworkAddress Read(ReadOnlySpan<byte> source)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        return BinaryPrimitives.ReadUInt16LittleEndian(source) switch
        {
            NativeIPv4 => new NetworkAddress(
                0, BinaryPrimitives.ReadUInt32BigEndian(source[4..]), 0, port, AddressFamily.InterNetwork),
            NativeIPv6 => new NetworkAddress(
                BinaryPrimitives.ReadUInt64BigEndian(source[8..]), BinaryPrimitives.ReadUInt64BigEndian(source[16..]),
                BinaryPrimitives.ReadUInt32LittleEndian(source[24..]), port, AddressFamily.InterNetworkV6),
            _ => default,
        };
    }

    /// <summary>Writes a native socket address (sockaddr_in or sockaddr_in6).</summary>
    /// <param name="destination">The buffer, at least <see cref="MaxNativeSize"/> bytes.</param>
    /// <returns>The length of the native socket address in bytes.</returns>
    public int Write(Span<byte> destination)
    {
        destination[..MaxNativeSize].Clear();
        var isIPv4 = Family == AddressFamily.InterNetwork;
        BinaryPrimitives.WriteUInt16LittleEndian(destination, isIPv4 ? NativeIPv4 : NativeIPv6);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], Port);
        if (isIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[4..], (uint)Low);
            return NativeIPv4Size;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], Low);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], ScopeId);
        return MaxNativeSize;
    }

    /// <summary>Converts to an <see cref="IPEndPoint"/>.</summary>
    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[IPv6Size];
        if (Family == AddressFamily.InterNetwork)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Low);
            return new IPEndPoint(new IPAddress(bytes[..sizeof(uint)]), Port);
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(ulong)..], Low);
        return new IPEndPoint(new IPAddress(bytes, ScopeId), Port);
    }

    /// <inheritdoc/>
    public override string ToString() => IsEmpty ? "none" : ToEndPoint().ToString();
}
