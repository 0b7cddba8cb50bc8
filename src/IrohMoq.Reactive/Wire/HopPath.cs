namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Represents the ids of the relays that an announcement has passed, beginning with its origin. The value is immutable, and two paths
/// with the same ids are equal. An id of 0 denotes an unknown relay. The path without hops is <see langword="default"/>.
/// </summary>
internal readonly struct HopPath : IEquatable<HopPath>
{
    // The paths of unknown hops that moq-lite-03 needs, which sends a count and no ids.
    private static readonly ulong[] UnknownHops = new ulong[WireLimits.MaxHops];

    private readonly ulong[]? _hops;
    private readonly int _count;

    /// <summary>Creates a path of ids, which are copied.</summary>
    /// <param name="hops">The ids, at most <see cref="WireLimits.MaxHops"/> of at most 62 bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too many ids, or an id has more than 62 bits.</exception>
    public HopPath(ReadOnlySpan<ulong> hops)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hops.Length, WireLimits.MaxHops, nameof(hops));
        foreach (var hop in hops)
            ArgumentOutOfRangeException.ThrowIfGreaterThan(hop, Varint.MaxValue, nameof(hops));
        _hops = hops.IsEmpty ? null : hops.ToArray();
        _count = hops.Length;
    }

    private HopPath(ulong[] hops, int count)
    {
        _hops = hops;
        _count = count;
    }

    /// <summary>Gets the number of hops.</summary>
    public int Count => _count;

    /// <summary>Gets the ids of the hops.</summary>
    public ReadOnlySpan<ulong> Ids => _hops.AsSpan(0, _count);

    /// <summary>Gets a value that indicates whether an id other than 0 occurs more than once.</summary>
    public bool HasRepeatedHop
    {
        get
        {
            var ids = Ids;
            for (var i = 1; i < ids.Length; i++)
            {
                if (ids[i] != 0 && ids[..i].Contains(ids[i]))
                    return true;
            }

            return false;
        }
    }

    public static bool operator ==(HopPath left, HopPath right) => left.Equals(right);

    public static bool operator !=(HopPath left, HopPath right) => !left.Equals(right);

    /// <summary>Returns a path of hops whose ids are unknown. The method allocates no memory.</summary>
    /// <param name="count">The number of hops, at most <see cref="WireLimits.MaxHops"/>.</param>
    public static HopPath Unknown(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, WireLimits.MaxHops);
        return new HopPath(UnknownHops, count);
    }

    /// <summary>Determines whether the path contains a relay.</summary>
    /// <param name="hop">The id of the relay. Unknown relays match nothing, so the result is false for 0.</param>
    public bool Contains(ulong hop) => hop != 0 && Ids.Contains(hop);

    /// <summary>Returns a path that consists of this path and one more hop.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The path has the maximum number of hops already.</exception>
    public HopPath Append(ulong hop)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hop, Varint.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(_count, WireLimits.MaxHops, nameof(hop));
        return new HopPath([.. Ids, hop], _count + 1);
    }

    public bool Equals(HopPath other) => Ids.SequenceEqual(other.Ids);

    public override bool Equals(object? obj) => obj is HopPath other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var id in Ids)
            hash.Add(id);
        return hash.ToHashCode();
    }

    /// <summary>Returns the ids, separated by commas and enclosed in brackets.</summary>
    public override string ToString() => $"[{string.Join(", ", Ids.ToArray())}]";

    /// <summary>Reads a path of ids: <c>Hop Count (i), Hop ID (i)…</c>. The count is checked before memory is allocated.</summary>
    public static HopPath Read(ref WireReader reader)
    {
        var count = reader.Varint("hop count");
        if (count > WireLimits.MaxHops)
            throw reader.OutOfBounds("hop count", $"is {count}, more than {WireLimits.MaxHops}");
        if (count > (ulong)reader.Left)
            throw reader.WrongLength("hop count", $"is {count}, more than the {reader.Left} bytes that follow");
        Span<ulong> hops = stackalloc ulong[(int)count];
        for (var i = 0; i < hops.Length; i++)
            hops[i] = reader.Varint("hop id");
        return new HopPath(hops);
    }

    /// <summary>Writes the number of ids and the ids.</summary>
    public void Write(ref WireWriter writer)
    {
        writer.Varint((ulong)_count);
        foreach (var id in Ids)
            writer.Varint(id);
    }

    /// <summary>Gets the maximum number of bytes that <see cref="Write"/> writes.</summary>
    public int MaxSize => 1 + (_count * Varint.MaxLength);
}
