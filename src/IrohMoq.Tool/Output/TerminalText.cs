using System.Globalization;
using System.Text;

namespace IrohMoq.Tool.Output;

/// <summary>Makes text that comes from a peer or a file name safe to show on a terminal.</summary>
internal static class TerminalText
{
    /// <summary>The maximum number of characters of the text that are shown.</summary>
    public const int MaxLength = 200;

    /// <summary>
    /// Replaces control characters, characters that change the direction of text, and lone surrogates by escapes such as
    /// <c>\u{1b}</c>, so that the text stays on one line and cannot control the terminal. Text that is longer than
    /// <see cref="MaxLength"/> ends with an ellipsis.
    /// </summary>
    public static string Escape(string text)
    {
        if (text.Length <= MaxLength && IsPlain(text))
            return text;
        var escaped = new StringBuilder(Math.Min(text.Length, MaxLength) + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (i >= MaxLength)
                return escaped.Append('…').ToString();
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                escaped.Append(text[i]).Append(text[++i]);
            else if (IsUnsafe(text[i]))
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{{{(int)text[i]:x}}}");
            else
                escaped.Append(text[i]);
        }

        return escaped.ToString();
    }

    private static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (IsUnsafe(c))
                return false;
        }

        return true;
    }

    // Surrogates are listed here as well: whether they are part of a pair is checked separately. U+2028 and U+2029 separate lines.
    private static bool IsUnsafe(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069')
            or '\u2028' or '\u2029' or '\u200e' or '\u200f' or '\u061c';
}
