namespace IrohMoq.Reactive.Endpoints;

/// <summary>
/// Decodes the 32 bytes of a key from the two text forms that iroh accepts: 64 lower-case hex digits, or 52 base32 digits in either
/// case.
/// </summary>
internal static class KeyText
{
    private const int HexLength = 2 * EndpointId.Size;
    private const int Base32Length = 52;

    /// <summary>Decodes a key in either text form. The form is determined by the length of the text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="key">The memory for the key, with a length of exactly 32 bytes.</param>
    /// <param name="problem">A description of the error. The text is not quoted, because it may be a secret.</param>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> key, out string problem)
    {
        if (text.Length == HexLength)
            return TryDecodeHex(text, key, out problem);
        if (text.Length == Base32Length)
            return Base32.TryDecode(text, key, out problem);

        problem = $"the length is {text.Length}; {HexLength} lower-case hex digits or {Base32Length} base32 digits are expected";
        return false;
    }

    private static bool TryDecodeHex(ReadOnlySpan<char> text, Span<byte> key, out string problem)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiHexDigitLower(text[i]))
            {
                problem = $"character {i + 1} is not a lower-case hex digit (0-9, a-f)";
                return false;
            }
        }

        problem = "";
        return Convert.FromHexString(text, key, out _, out _) == System.Buffers.OperationStatus.Done;
    }
}
