using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the name of a broadcast, or a prefix of such names: segments that are separated by slashes, such as <c>room/alice</c>.
/// </summary>
/// <remarks>
/// A path is normalized when it is created: slashes at either end are removed, and consecutive slashes are replaced by one; nothing else
/// is changed. Paths are compared ordinally. The path without segments, which is also <see langword="default"/>, is valid in moq-lite. As
/// a prefix it matches every name. As a name it is the broadcast at the root, which is not the same as every broadcast.
/// </remarks>
public readonly struct BroadcastPath : IEquatable<BroadcastPath>, IComparable<BroadcastPath>, IParsable<BroadcastPath>
{
    /// <summary>The maximum number of segments of a path. Peers refuse paths with more segments.</summary>
    public const int MaxSegments = 32;

    /// <summary>The maximum length of a path after normalization, in bytes of UTF-8.</summary>
    public const int MaxBytes = 4096;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _value;

    /// <summary>Creates a path from text, which is normalized.</summary>
    /// <param name="path">The path, with or without slashes around it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// The path has more than <see cref="MaxSegments"/> segments or more than <see cref="MaxBytes"/> bytes of UTF-8, or contains half a
    /// surrogate pair, which UTF-8 cannot express.
    /// </exception>
    public BroadcastPath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!TryCreate(path, out this, out var problem))
        {
            throw new ArgumentException(problem, nameof(path));
        }
    }

    // Only for text that is known to be normalized and within the limits.
    private BroadcastPath(string normal, bool _) => _value = normal;

    /// <summary>Gets a value indicating whether the path has no segments.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(_value);

    private string Value => _value ?? "";

    /// <summary>Converts text to a path, so that a string literal can be used where a path is expected.</summary>
    /// <param name="path">The path, with or without slashes around it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is null.</exception>
    /// <exception cref="ArgumentException">The text is not a valid path: see <see cref="BroadcastPath(string)"/>.</exception>
    /// <remarks>
    /// Implicit conversions should not throw. This one is an exception to the rule because nearly every name is a literal, for which it
    /// cannot throw. For text that comes from outside the program, use <see cref="TryParse(string?, out BroadcastPath)"/>.
    /// </remarks>
    public static implicit operator BroadcastPath(string path) => new(path);

    /// <summary>Determines whether two paths are equal.</summary>
    /// <param name="left">The first path.</param>
    /// <param name="right">The second path.</param>
    public static bool operator ==(BroadcastPath left, BroadcastPath right) => left.Equals(right);

    /// <summary>Determines whether two paths are not equal.</summary>
    /// <param name="left">The first path.</param>
    /// <param name="right">The second path.</param>
    public static bool operator !=(BroadcastPath left, BroadcastPath right) => !left.Equals(right);

    /// <summary>Determines whether <paramref name="left"/> precedes <paramref name="right"/> in ordinal order.</summary>
    /// <param name="left">The first path.</param>
    /// <param name="right">The second path.</param>
    public static bool operator <(BroadcastPath left, BroadcastPath right) => left.CompareTo(right) < 0;

    /// <summary>Determines whether <paramref name="left"/> precedes <paramref name="right"/> in ordinal order, or both are equal.</summary>
    /// <param name="left">The first path.</param>
    /// <param name="right">The second path.</param>
    public static bool operator <=(BroadcastPath left, BroadcastPath right) => left.CompareTo(right) <= 0;

    /// <summary>Determines whether <paramref name="left"/> follows <paramref name="right"/> in ordinal order.</summary>
    /// <param name="left">The first path.</param>
    /// <param name="right">The second path.</param>
    public static bool operator >(BroadcastPath left, BroadcastPath right) => left.CompareTo(right) > 0;

    /// <summary>Determines whether <paramref name="left"/> follows <paramref name="right"/> in ordinal order, or both are equal.</summary>
    /// <param name="left">The first path.</param>
    /// <param name="right">The second path.</param>
    public static bool operator >=(BroadcastPath left, BroadcastPath right) => left.CompareTo(right) >= 0;

    /// <summary>Creates a path from text, which is normalized.</summary>
    /// <param name="text">The path, with or without slashes around it.</param>
    /// <returns>The path.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="FormatException">The text is not a valid path: see <see cref="BroadcastPath(string)"/>.</exception>
    public static BroadcastPath Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryCreate(text, out var path, out var problem) ? path : throw new FormatException(problem);
    }

    /// <summary>Tries to create a path from text, which is normalized.</summary>
    /// <param name="text">The path, with or without slashes around it.</param>
    /// <param name="path">The path, or the path without segments if the method returns false.</param>
    /// <returns>False if the text is null or not a valid path.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out BroadcastPath path)
    {
        path = default;
        return text is not null && TryCreate(text, out path, out _);
    }

    static BroadcastPath IParsable<BroadcastPath>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<BroadcastPath>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out BroadcastPath result) =>
        TryParse(s, out result);

    /// <summary>
    /// Determines whether <paramref name="path"/> is equal to this path or below it: <c>room</c> is a prefix of <c>room/alice</c>, but
    /// not of <c>roommate</c>.
    /// </summary>
    /// <param name="path">The path to check.</param>
    public bool IsPrefixOf(BroadcastPath path) =>
        IsEmpty
        || (path.Value.StartsWith(Value, StringComparison.Ordinal)
            && (path.Value.Length == Value.Length || path.Value[Value.Length] == '/'));

    /// <summary>
    /// Determines whether this path is hidden in a list of the paths below a prefix: a segment that does not belong to the prefix begins
    /// with a dot.
    /// </summary>
    internal bool IsHiddenBelow(BroadcastPath prefix)
    {
        var rest = Value.AsSpan(prefix.Value.Length).TrimStart('/');
        return rest.StartsWith(".", StringComparison.Ordinal) || rest.Contains("/.", StringComparison.Ordinal);
    }

    /// <summary>Removes a prefix from this path.</summary>
    /// <param name="prefix">The prefix to remove.</param>
    /// <param name="suffix">
    /// The part of this path that follows the prefix. It is empty if the paths are equal, or if the method returns false.
    /// </param>
    /// <returns>False if <paramref name="prefix"/> is not a prefix of this path.</returns>
    public bool TryStripPrefix(BroadcastPath prefix, out BroadcastPath suffix)
    {
        suffix = default;
        if (!prefix.IsPrefixOf(this))
        {
            return false;
        }

        if (prefix.IsEmpty)
        {
            suffix = this;
        }
        else if (Value.Length > prefix.Value.Length)
        {
            suffix = new BroadcastPath(Value[(prefix.Value.Length + 1)..], true);
        }

        return true;
    }

    /// <summary>Gets the path without its last segment; the empty path if there is only one.</summary>
    internal BroadcastPath Parent => Value.LastIndexOf('/') is >= 0 and var end ? new BroadcastPath(Value[..end], true) : default;

    /// <summary>Returns a path that consists of this path followed by another path. Joining with an empty path adds nothing.</summary>
    /// <param name="suffix">The path to add.</param>
    /// <exception cref="ArgumentException">The result would exceed <see cref="MaxSegments"/> or <see cref="MaxBytes"/>.</exception>
    public BroadcastPath Join(BroadcastPath suffix) =>
        TryJoin(suffix, out var joined, out var problem) ? joined : throw new ArgumentException(problem, nameof(suffix));

    /// <inheritdoc/>
    public bool Equals(BroadcastPath other) => string.Equals(Value, other.Value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is BroadcastPath other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    /// <summary>Compares two paths ordinally, by UTF-16 code units.</summary>
    /// <param name="other">The path to compare with.</param>
    public int CompareTo(BroadcastPath other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>Returns the normalized path.</summary>
    public override string ToString() => Value;

    // Does not throw, for paths that a peer sent.
    internal static bool TryCreate(string path, out BroadcastPath created, [NotNullWhen(false)] out string? problem)
    {
        created = default;
        var normal = Normalize(path);
        problem = Check(normal);
        if (problem is not null)
        {
            return false;
        }

        created = new BroadcastPath(normal, true);
        return true;
    }

    // Does not throw, for a local prefix and a suffix that a peer sent.
    internal bool TryJoin(BroadcastPath suffix, out BroadcastPath joined, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        if (IsEmpty || suffix.IsEmpty)
        {
            joined = IsEmpty ? suffix : this;
            return true;
        }

        return TryCreate($"{Value}/{suffix.Value}", out joined, out problem);
    }

    private static string Normalize(string path)
    {
        if (IsNormal(path))
        {
            return path;
        }

        var normal = new StringBuilder(path.Length);
        foreach (var c in path)
        {
            if (c != '/' || (normal.Length > 0 && normal[^1] != '/'))
            {
                normal.Append(c);
            }
        }

        if (normal.Length > 0 && normal[^1] == '/')
        {
            normal.Length--;
        }

        return normal.ToString();
    }

    private static bool IsNormal(string path) =>
        path.Length == 0 || (path[0] != '/' && path[^1] != '/' && !path.Contains("//", StringComparison.Ordinal));

    private static string? Check(string normal)
    {
        var segments = normal.Length == 0 ? 0 : normal.AsSpan().Count('/') + 1;
        if (segments > MaxSegments)
        {
            return $"A broadcast path has at most {MaxSegments} segments; this one has {segments}.";
        }

        try
        {
            var bytes = StrictUtf8.GetByteCount(normal);
            return bytes > MaxBytes ? $"A broadcast path has at most {MaxBytes} bytes of UTF-8; this one has {bytes}." : null;
        }
        catch (EncoderFallbackException e)
        {
            return $"A broadcast path must be expressible in UTF-8; there is half a surrogate pair at index {e.Index}.";
        }
    }
}
