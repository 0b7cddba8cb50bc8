namespace IrohMoq.Reactive;

/// <summary>
/// Represents the way by which a broadcast has come: the peers that have forwarded its announcement, and the costs that they have added.
/// moq-lite-03 sends only the number of peers, and only moq-lite-06 sends costs; in older versions the number of peers is the cost.
/// </summary>
public sealed class BroadcastRoute : IEquatable<BroadcastRoute>
{
    /// <summary>The largest cost, 2^62 - 1. It denotes a source that is to be used only if there is no other.</summary>
    public const ulong MaxCost = (1UL << 62) - 1;

    private readonly ulong[] _hops;

    /// <param name="hops">The ids of the peers.</param>
    /// <param name="warmCost">The cost while the origin produces already.</param>
    /// <param name="coldCost">The cost if the origin must begin to produce.</param>
    /// <param name="isPrefix">True if any name below that of the announcement can be requested.</param>
    internal BroadcastRoute(ReadOnlySpan<ulong> hops, ulong warmCost, ulong coldCost, bool isPrefix)
    {
        _hops = hops.ToArray();
        WarmCost = warmCost;
        ColdCost = coldCost;
        IsPrefix = isPrefix;
    }

    /// <summary>Gets the route of a broadcast of this process: no peer, no cost.</summary>
    public static BroadcastRoute Local { get; } = new([], 0, 0, isPrefix: false);

    /// <summary>Gets the route of a prefix below which this process provides broadcasts on request.</summary>
    internal static BroadcastRoute LocalPrefix { get; } = new([], 0, 0, isPrefix: true);

    /// <summary>Gets the route to a broadcast that its publisher has not announced.</summary>
    internal static BroadcastRoute Unannounced { get; } = new([], 0, 0, isPrefix: false);

    /// <summary>
    /// Gets the ids of the peers that have forwarded the broadcast, its origin first and the peer of the session last. An id is random and
    /// changes when its process starts anew; 0 is an unknown one. The list is empty for a broadcast of this process.
    /// </summary>
    public IReadOnlyList<ulong> Hops => _hops;

    /// <summary>Gets the cost of reading the broadcast while its origin produces it already.</summary>
    public ulong WarmCost { get; }

    /// <summary>
    /// Gets the cost of reading the broadcast if its origin must begin to produce it; <see cref="MaxCost"/> if the peer of the session
    /// cannot tell it, as before moq-lite-06.
    /// </summary>
    public ulong ColdCost { get; }

    /// <summary>
    /// Gets a value indicating whether the peer has announced a route, as every announcement of moq-lite-06 is, also that of a plain
    /// broadcast: names from that of the announcement on can be requested from the peer, and need not exist. So the value does not tell
    /// whether there is any name below that of the announcement. It is false in older versions, which announce only broadcasts. In this
    /// process, it is false for a broadcast that is created here, and true for a prefix that is offered
    /// (<see cref="Moq.OpenBroadcastRequests"/>).
    /// </summary>
    public bool IsPrefix { get; }

    /// <summary>Determines whether two routes have the same peers, costs and kind.</summary>
    public static bool operator ==(BroadcastRoute? left, BroadcastRoute? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Determines whether two routes have different peers, costs or kinds.</summary>
    public static bool operator !=(BroadcastRoute? left, BroadcastRoute? right) => !(left == right);

    /// <summary>Gets the ids of the peers.</summary>
    internal ReadOnlySpan<ulong> Ids => _hops;

    /// <summary>Gets a value indicating whether a hop is unknown, so that a loop through it would not be found.</summary>
    internal bool HasUnknownHop => Ids.Contains(0UL);

    /// <summary>Returns the route of a broadcast, or of an offered prefix, of this process with a cost.</summary>
    internal static BroadcastRoute LocalAt(ulong warm, ulong cold, bool isPrefix) =>
        (warm, cold) != (0, 0) ? new BroadcastRoute([], warm, cold, isPrefix) : isPrefix ? LocalPrefix : Local;

    /// <summary>Returns this route with the highest costs, so that any other one is used before it.</summary>
    internal BroadcastRoute AsLastChoice() => new(Ids, MaxCost, MaxCost, IsPrefix);

    /// <summary>Determines whether another route has the same peers, costs and kind.</summary>
    /// <param name="other">The other route.</param>
    public bool Equals(BroadcastRoute? other) =>
        ReferenceEquals(other, this)
        || (other is not null
            && (WarmCost, ColdCost, IsPrefix) == (other.WarmCost, other.ColdCost, other.IsPrefix)
            && _hops.AsSpan().SequenceEqual(other._hops));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BroadcastRoute);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_hops.Length, _hops.Length > 0 ? _hops[^1] : 0, WarmCost, ColdCost, IsPrefix);

    /// <summary>Determines whether two routes begin at the same origin. An unknown origin equals no other.</summary>
    internal bool HasOriginOf(BroadcastRoute other) =>
        _hops.Length > 0 && other._hops.Length > 0 && _hops[0] != 0 && _hops[0] == other._hops[0];

    /// <summary>Determines whether a peer is among the hops. An unknown peer is not.</summary>
    internal bool LeadsThrough(ulong hop) => hop != 0 && Ids.Contains(hop);

    /// <summary>Determines whether two routes have the same hops.</summary>
    internal bool HasHopsOf(BroadcastRoute other) => Ids.SequenceEqual(other.Ids);
}
