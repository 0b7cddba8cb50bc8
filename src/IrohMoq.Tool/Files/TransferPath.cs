using System.Text;

namespace IrohMoq.Tool.Files;

/// <summary>
/// Defines the paths that may be transferred: relative, with slashes between the names, and safe to join to the path of a folder. The
/// sender and the receiver apply the same rules, so that a path that the receiver would refuse is not offered.
/// </summary>
internal static class TransferPath
{
    /// <summary>The end of the name of an unfinished file at the receiver. Files with such names are not transferred.</summary>
    public const string PartSuffix = ".moq-part";

    /// <summary>The maximum length of a name, in bytes of UTF-8.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>The maximum length of a path, in bytes of UTF-8.</summary>
    public const int MaxBytes = 3072;

    /// <summary>The maximum number of names in a path.</summary>
    public const int MaxDepth = 128;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Returns what is wrong with a path, or null if the path may be transferred.</summary>
    public static string? FindProblem(string path)
    {
        if (path.Length == 0)
            return "the path is empty";
        // Checked before the bytes are counted, which takes time proportional to the length.
        if (path.Length > MaxBytes || CountBytes(path) is not { } bytes)
            return path.Length > MaxBytes ? TooLong : "the path contains half a surrogate pair";
        if (bytes > MaxBytes)
            return TooLong;
        var depth = 0;
        foreach (var range in path.AsSpan().Split('/'))
        {
            if (FindNameProblem(path[range]) is { } problem)
                return problem;
            if (++depth > MaxDepth)
                return $"the path has more than {MaxDepth} names";
        }

        return null;
    }

    private static string TooLong => $"the path has more than {MaxBytes} bytes";

    private static string? FindNameProblem(string name)
    {
        if (name.Length == 0)
            return "the path is absolute or contains an empty name";
        if (name is "." or "..")
            return $"the path contains the name '{name}'";
        foreach (var c in name)
        {
            if (char.IsControl(c))
                return "the path contains a control character";
            if (c == '\\')
                return "the path contains a backslash";
        }

        if (name.EndsWith(PartSuffix, StringComparison.Ordinal))
            return $"a name ends with {PartSuffix}, which marks unfinished files";
        return CountBytes(name) > MaxNameBytes ? $"a name has more than {MaxNameBytes} bytes" : null;
    }

    private static int? CountBytes(string text)
    {
        try
        {
            return StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }
}
