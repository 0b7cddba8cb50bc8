namespace IrohMoq.Reactive.Iroh.Tls;

/// <summary>
/// Detects Ed25519 public keys that prove nothing: points of small order, for which anybody can make signatures, and encodings that are not
/// canonical. GnuTLS accepts them; the strict verification of iroh does not. See RFC 8032, section 5.1.3.
/// </summary>
internal static class WeakKeys
{
    private const int Size = 32;
    private const byte SignBit = 0x80;

    /// <summary>
    /// Gets the first byte of the prime 2^255 - 19 in little-endian order. The other bytes are 0xff, and 0x7f is the last.
    /// </summary>
    private const byte PrimeFirst = 0xed;

    /// <summary>The y coordinates of the points of small order, in little-endian order: of order 4, 1, 2, 8 and 8.</summary>
    private static readonly byte[][] SmallOrders =
    [
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ];

    /// <summary>Determines whether a public key must be refused.</summary>
    /// <param name="key">The 32 bytes of the key.</param>
    public static bool Contains(ReadOnlySpan<byte> key)
    {
        Span<byte> y = stackalloc byte[Size];
        key.CopyTo(y);
        y[^1] &= unchecked((byte)~SignBit);
        // A y that is not less than the prime is not canonical.
        if (y[0] >= PrimeFirst && y[^1] == 0x7f && !y[1..^1].ContainsAnyExcept((byte)0xff))
            return true;
        foreach (var small in SmallOrders)
        {
            if (y.SequenceEqual(small))
                return true;
        }

        return false;
    }
}
