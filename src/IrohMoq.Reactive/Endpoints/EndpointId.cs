using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Endpoints;
using NSec.Cryptography;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the identity of a peer: its Ed25519 public key of 32 bytes, which is formatted as 64 lower-case hex digits.
/// </summary>
public readonly struct EndpointId : IEquatable<EndpointId>, IComparable<EndpointId>, IParsable<EndpointId>
{
    /// <summary>The length of an endpoint ID in bytes: 32.</summary>
    public const int Size = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    // This constructor is for bytes that were validated already; FromBytes is for all others.
    internal EndpointId(ReadOnlySpan<byte> bytes)
    {
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>Creates an ID from the 32 bytes of a public key.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="FormatException">The length is not 32, or the bytes are not a point of the curve.</exception>
    public static EndpointId FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new FormatException($"Not an endpoint id: {Size} bytes are expected, not {bytes.Length}.");
        return Ed25519Point.IsOnCurve(bytes)
            ? new EndpointId(bytes)
            : throw new FormatException($"Not an endpoint id: the {Size} bytes are not an Ed25519 public key (no point of the curve).");
    }

    /// <summary>Parses an ID: 64 lower-case hex digits, or 52 base32 digits (RFC 4648, no padding) in either case.</summary>
    /// <param name="text">The text, without surrounding white space.</param>
    /// <exception cref="FormatException">
    /// The text has neither form, or the bytes are not a public key; the message states the reason.
    /// </exception>
    public static EndpointId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<byte> bytes = stackalloc byte[Size];
        return KeyText.TryDecode(text, bytes, out var problem)
            ? FromBytes(bytes)
            : throw new FormatException($"Not an endpoint id: {problem}.");
    }

    /// <summary>Parses an ID like <see cref="Parse"/>, but without throwing an exception.</summary>
    /// <param name="text">The text, or null.</param>
    /// <param name="id">The ID, if the text is valid.</param>
    /// <returns>False if <see cref="Parse"/> would throw.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out EndpointId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var isId = KeyText.TryDecode(text, bytes, out _) && Ed25519Point.IsOnCurve(bytes);
        id = isId ? new EndpointId(bytes) : default;
        return isId;
    }

    /// <summary>Copies the 32 bytes of the public key.</summary>
    /// <param name="destination">The memory for the bytes, with a length of at least 32.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary>Returns the 32 bytes of the public key.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Determines whether a signature was made with the secret key of this ID for a message. Weak keys verify nothing.</summary>
    /// <param name="message">The message that was signed.</param>
    /// <param name="signature">The signature.</param>
    internal bool Verifies(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == SecretKey.SignatureSize
        && SignatureAlgorithm.Ed25519.Verify(
            PublicKey.Import(SignatureAlgorithm.Ed25519, ToArray(), KeyBlobFormat.RawPublicKey), message, signature);

    /// <inheritdoc/>
    public bool Equals(EndpointId other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EndpointId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);

    /// <summary>Compares two IDs byte by byte, starting with the first byte.</summary>
    /// <param name="other">The other ID.</param>
    public int CompareTo(EndpointId other)
    {
        var order = _a.CompareTo(other._a);
        order = order != 0 ? order : _b.CompareTo(other._b);
        order = order != 0 ? order : _c.CompareTo(other._c);
        return order != 0 ? order : _d.CompareTo(other._d);
    }

    /// <summary>Returns the ID as 64 lower-case hex digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    /// <summary>Returns the first 5 bytes of the ID as 10 hex digits, for logs.</summary>
    public string ToShortString() => ToString()[..10];

    /// <summary>
    /// Returns the TLS server name that is used to dial this ID: 52 base32 digits in the "extended hex" alphabet, because 64 hex digits
    /// would be too long for a label, followed by a domain that never exists.
    /// </summary>
    internal string ToTlsName() => Base32.EncodeHex(ToArray()) + ".iroh.invalid";

    /// <summary>Determines whether two IDs are equal.</summary>
    public static bool operator ==(EndpointId left, EndpointId right) => left.Equals(right);

    /// <summary>Determines whether two IDs are different.</summary>
    public static bool operator !=(EndpointId left, EndpointId right) => !left.Equals(right);

    /// <summary>Determines whether the left ID precedes the right one in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(EndpointId left, EndpointId right) => left.CompareTo(right) < 0;

    /// <summary>Determines whether the left ID precedes or equals the right one in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(EndpointId left, EndpointId right) => left.CompareTo(right) <= 0;

    /// <summary>Determines whether the left ID follows the right one in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(EndpointId left, EndpointId right) => left.CompareTo(right) > 0;

    /// <summary>Determines whether the left ID follows or equals the right one in the order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(EndpointId left, EndpointId right) => left.CompareTo(right) >= 0;

    static EndpointId IParsable<EndpointId>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<EndpointId>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EndpointId result) =>
        TryParse(s, out result);
}
