using System.Buffers.Binary;

namespace IrohMoq.Reactive;

/// <summary>A peer's identity: its Ed25519 public key, 32 bytes. Printed as 64 lower-case hex digits.</summary>
public readonly struct EndpointId : IEquatable<EndpointId>, IComparable<EndpointId>
{
    /// <summary>The length in bytes: 32.</summary>
    public const int Size = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    internal EndpointId(ReadOnlySpan<byte> bytes)
    {
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>Copies the 32 bytes of the key.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary>The 32 bytes of the key.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(EndpointId other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EndpointId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);

    /// <summary>Orders ids by their bytes, the first byte first.</summary>
    /// <param name="other">The other id.</param>
    public int CompareTo(EndpointId other)
    {
        var order = _a.CompareTo(other._a);
        order = order != 0 ? order : _b.CompareTo(other._b);
        order = order != 0 ? order : _c.CompareTo(other._c);
        return order != 0 ? order : _d.CompareTo(other._d);
    }

    /// <summary>All 64 lower-case hex digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    /// <summary>The first 5 bytes as 10 hex digits, for logs.</summary>
    public string ToShortString() => ToString()[..10];

    /// <summary>True if both are the same key.</summary>
    public static bool operator ==(EndpointId left, EndpointId right) => left.Equals(right);

    /// <summary>True if the keys differ.</summary>
    public static bool operator !=(EndpointId left, EndpointId right) => !left.Equals(right);
}
