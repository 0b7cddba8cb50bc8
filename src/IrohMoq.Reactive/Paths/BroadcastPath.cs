using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace IrohMoq.Reactive;

/// <summary>
/// The name of a broadcast: segments between slashes, such as <c>room/alice</c>. It is normalized on creation: slashes at
/// either end are stripped and runs of them collapsed, and nothing else is touched. The empty path is legal and, as a
/// prefix, matches everything; it is also what <see langword="default"/> is. Paths are compared ordinally.
/// </summary>
public readonly struct BroadcastPath : IEquatable<BroadcastPath>, IComparable<BroadcastPath>
{
    /// <summary>The largest number of segments: peers refuse more.</summary>
    public const int MaxSegments = 32;

    /// <summary>The largest length in bytes of UTF-8, after normalization.</summary>
    public const int MaxBytes = 4096;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _value;

    /// <summary>Normalizes <paramref name="path"/>.</summary>
    /// <param name="path">The path, with or without slashes around it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// There are more than <see cref="MaxSegments"/> segments or more than <see cref="MaxBytes"/> bytes of UTF-8, or half a
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

    // Only for text that is known to be normal and within the limits.
    private BroadcastPath(string normal, bool _) => _value = normal;

    /// <summary>True for the path without segments.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(_value);

    private string Value => _value ?? "";

    /// <summary>Normalizes <paramref name="path"/>; see the constructor for what it refuses.</summary>
    /// <param name="path">The path, with or without slashes around it.</param>
    public static implicit operator BroadcastPath(string path) => new(path);

    /// <summary>True if both are the same path.</summary>
    /// <param name="left">One path.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(BroadcastPath left, BroadcastPath right) => left.Equals(right);

    /// <summary>True if the paths differ.</summary>
    /// <param name="left">One path.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(BroadcastPath left, BroadcastPath right) => !left.Equals(right);

    /// <summary>True if <paramref name="left"/> comes first in ordinal order.</summary>
    /// <param name="left">One path.</param>
    /// <param name="right">The other.</param>
    public static bool operator <(BroadcastPath left, BroadcastPath right) => left.CompareTo(right) < 0;

    /// <summary>True if <paramref name="left"/> comes first in ordinal order or both are the same.</summary>
    /// <param name="left">One path.</param>
    /// <param name="right">The other.</param>
    public static bool operator <=(BroadcastPath left, BroadcastPath right) => left.CompareTo(right) <= 0;

    /// <summary>True if <paramref name="left"/> comes last in ordinal order.</summary>
    /// <param name="left">One path.</param>
    /// <param name="right">The other.</param>
    public static bool operator >(BroadcastPath left, BroadcastPath right) => left.CompareTo(right) > 0;

    /// <summary>True if <paramref name="left"/> comes last in ordinal order or both are the same.</summary>
    /// <param name="left">One path.</param>
    /// <param name="right">The other.</param>
    public static bool operator >=(BroadcastPath left, BroadcastPath right) => left.CompareTo(right) >= 0;

    /// <summary>True if <paramref name="path"/> is this path or lies below it: <c>room</c> is a prefix of <c>room/alice</c>, not of <c>roommate</c>.</summary>
    /// <param name="path">The path to look at.</param>
    public bool IsPrefixOf(BroadcastPath path) =>
        IsEmpty
        || (path.Value.StartsWith(Value, StringComparison.Ordinal)
            && (path.Value.Length == Value.Length || path.Value[Value.Length] == '/'));

    /// <summary>Gives what follows <paramref name="prefix"/> in this path.</summary>
    /// <param name="prefix">The prefix to take off.</param>
    /// <param name="suffix">The rest: empty if the two are the same, or if the method returns false.</param>
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

    /// <summary>This path with <paramref name="suffix"/> below it. Joining with an empty path adds nothing.</summary>
    /// <param name="suffix">What comes below.</param>
    /// <exception cref="ArgumentException">The whole would exceed <see cref="MaxSegments"/> or <see cref="MaxBytes"/>.</exception>
    public BroadcastPath Join(BroadcastPath suffix) =>
        TryJoin(suffix, out var joined, out var problem) ? joined : throw new ArgumentException(problem, nameof(suffix));

    /// <inheritdoc/>
    public bool Equals(BroadcastPath other) => string.Equals(Value, other.Value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is BroadcastPath other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    /// <summary>Compares ordinally, by UTF-16 code unit.</summary>
    /// <param name="other">The path to compare with.</param>
    public int CompareTo(BroadcastPath other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>The normalized path.</summary>
    public override string ToString() => Value;

    // Without an exception, for paths that a peer sent.
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

    // Without an exception, for a prefix of ours and a suffix that a peer sent.
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
