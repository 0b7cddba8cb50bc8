namespace IrohMoq.Reactive.Endpoints;

/// <summary>
/// Encodes and decodes base32 without padding: the standard alphabet of RFC 4648 for keys and tickets, and its "extended hex" alphabet
/// for TLS names. The encoded text is in lower case.
/// </summary>
internal static class Base32
{
    private const string Standard = "abcdefghijklmnopqrstuvwxyz234567";
    private const string ExtendedHex = "0123456789abcdefghijklmnopqrstuv";

    /// <summary>Encodes bytes in the standard alphabet of RFC 4648.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Encode(bytes, Standard);

    /// <summary>Encodes bytes in the "extended hex" alphabet of RFC 4648.</summary>
    public static string EncodeHex(ReadOnlySpan<byte> bytes) => Encode(bytes, ExtendedHex);

    /// <summary>
    /// Returns the number of bytes that a text of the given length encodes, or -1 if no number of bytes results in that length.
    /// </summary>
    public static int DecodedLength(int characters) => characters % 8 is 1 or 3 or 6 ? -1 : (int)(characters * 5L / 8);

    /// <summary>Decodes text in the standard alphabet, in either case. Other characters and nonzero unused bits are errors.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">The memory for the bytes, with a length of exactly <see cref="DecodedLength"/>.</param>
    /// <param name="problem">A description of the error. The text is not quoted, because it may be a secret.</param>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination, out string problem)
    {
        var (bits, pending, written) = (0, 0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (Digit(text[i]) is not (>= 0 and var digit))
            {
                problem = $"character {i + 1} is not a base32 digit (a-z, 2-7)";
                return false;
            }

            bits = ((bits << 5) | digit) & 0xfff;
            pending += 5;
            if (pending < 8)
                continue;
            pending -= 8;
            destination[written++] = (byte)(bits >> pending);
        }

        var isCanonical = (bits & ((1 << pending) - 1)) == 0;
        problem = isCanonical ? "" : "the last base32 digit carries bits that belong to no byte";
        return isCanonical;
    }

    private static string Encode(ReadOnlySpan<byte> bytes, string alphabet)
    {
        var text = new char[(int)(((bytes.Length * 8L) + 4) / 5)];
        var (bits, pending, written) = (0, 0, 0);
        foreach (var next in bytes)
        {
            bits = ((bits << 8) | next) & 0xfff;
            for (pending += 8; pending >= 5;)
            {
                pending -= 5;
                text[written++] = alphabet[(bits >> pending) & 31];
            }
        }

        if (pending > 0)
            text[written] = alphabet[(bits << (5 - pending)) & 31];
        return new string(text);
    }

    private static int Digit(char character) => character switch
    {
        >= 'a' and <= 'z' => character - 'a',
        >= 'A' and <= 'Z' => character - 'A',
        >= '2' and <= '7' => character - '2' + 26,
        _ => -1,
    };
}
