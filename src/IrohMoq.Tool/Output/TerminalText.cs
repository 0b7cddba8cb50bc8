using System.Globalization;
using System.Text;

namespace IrohMoq.Tool.Output;

/// <summary>Makes text that may come from a peer safe to show: one line, of a limited length, without control characters.</summary>
internal static class TerminalText
{
    /// <summary>The maximum length of a name or a reason that is shown.</summary>
    public const int MaxLength = 200;

    /// <summary>
    /// Returns the text with control characters, characters that change the direction or the line, and halves of surrogate pairs replaced
    /// by their numbers, such as <c>\u{1b}</c>. A text that is too long ends with an ellipsis.
    /// </summary>
    public static string Escape(string text, int maxLength = MaxLength)
    {
        if (text.Length <= maxLength && text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return text;
        var result = new StringBuilder();
        for (var i = 0; i < text.Length;)
        {
            var isWhole = Rune.TryGetRuneAt(text, i, out var rune);
            var part = isWhole && !IsUnsafe(rune) ? rune.ToString() : $"\\u{{{(isWhole ? rune.Value : text[i]):x}}}";
            if (result.Length + part.Length > maxLength)
                return result.Append('…').ToString();
            result.Append(part);
            i += isWhole ? rune.Utf16SequenceLength : 1;
        }

        return result.ToString();
    }

    /// <summary>Returns the lines of a text, each escaped.</summary>
    public static string EscapeLines(string text) =>
        string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(static line => Escape(line)));

    /// <summary>Returns the text, cut to a limited length. For JSON, which escapes characters itself.</summary>
    public static string Bound(string text) => text.Length <= MaxLength ? text : $"{text.AsSpan(0, MaxLength)}…";

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse;
}
