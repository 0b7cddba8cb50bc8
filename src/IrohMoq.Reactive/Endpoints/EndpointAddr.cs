using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using IrohMoq.Reactive.Endpoints;

namespace IrohMoq.Reactive;

/// <summary>A peer's id and where it may be reached. Two are equal if they name the same id and places, in whatever order they were given.</summary>
public sealed record EndpointAddr
{
    /// <summary>Creates an address.</summary>
    /// <param name="id">Whom to dial.</param>
    /// <param name="addresses">Where, in any order; may be empty. An IPv6 address's scope is left out: it means nothing to others.</param>
    public EndpointAddr(EndpointId id, params ReadOnlySpan<IPEndPoint> addresses)
        : this(id, addresses.ToArray(), [])
    {
    }

    /// <summary>Creates an address that may be reached through relays as well.</summary>
    /// <param name="id">Whom to dial.</param>
    /// <param name="addresses">Where, in any order; may be empty. An IPv6 address's scope is left out: it means nothing to others.</param>
    /// <param name="relayUrls">The relays' URLs, in any order, such as <c>https://relay.example.org</c>; may be empty.</param>
    /// <exception cref="FormatException">One of <paramref name="relayUrls"/> is not a URL with a scheme.</exception>
    public EndpointAddr(EndpointId id, IEnumerable<IPEndPoint> addresses, IEnumerable<string> relayUrls)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(relayUrls);
        Id = id;
        // Copies: an IPEndPoint can be changed by whoever made it.
        Addresses = [.. addresses.Select(Plain).Distinct().Order(ByValue)];
        RelayUrls = [.. relayUrls.Select(Normalized).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static Comparer<IPEndPoint> ByValue { get; } = Comparer<IPEndPoint>.Create(Compare);

    /// <summary>Whom to dial.</summary>
    public EndpointId Id { get; }

    /// <summary>The IP addresses and ports, ordered (IPv4 first, then by address and port) and without duplicates.</summary>
    public ImmutableArray<IPEndPoint> Addresses { get; }

    /// <summary>The relays' URLs in normal form (<c>https://relay.example.org/</c>), ordered and without duplicates.</summary>
    public ImmutableArray<string> RelayUrls { get; }

    /// <summary>True if both name the same id and places.</summary>
    /// <param name="other">The other address.</param>
    public bool Equals(EndpointAddr? other) =>
        other is not null && Id == other.Id && Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan()) && RelayUrls.AsSpan().SequenceEqual(other.RelayUrls.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Id);
        foreach (var address in Addresses)
            hash.Add(address);
        foreach (var url in RelayUrls)
            hash.Add(url);
        return hash.ToHashCode();
    }

    /// <summary>The id, the relays and the addresses: <c>3b6a… relay=https://relay.example.org/ addrs=[10.0.0.1:1, [::1]:4433]</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Id.ToString());
        foreach (var url in RelayUrls)
            text.Append(" relay=").Append(url);
        if (!Addresses.IsEmpty)
            text.Append(" addrs=[").AppendJoin(", ", Addresses).Append(']');
        return text.ToString();
    }

    private static IPEndPoint Plain(IPEndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address, "addresses");
        return new IPEndPoint(new IPAddress(address.Address.GetAddressBytes()), address.Port);
    }

    private static string Normalized(string url)
    {
        ArgumentNullException.ThrowIfNull(url, "relayUrls");
        return RelayUrl.TryNormalize(url, out var normalized)
            ? normalized
            : throw new FormatException($"Not a relay's URL: \"{url}\". Expected is one with its scheme, such as https://relay.example.org.");
    }

    private static int Compare(IPEndPoint left, IPEndPoint right)
    {
        var order = IsV6(left).CompareTo(IsV6(right));
        order = order != 0 ? order : left.Address.GetAddressBytes().AsSpan().SequenceCompareTo(right.Address.GetAddressBytes());
        return order != 0 ? order : left.Port.CompareTo(right.Port);
    }

    private static bool IsV6(IPEndPoint address) => address.AddressFamily == AddressFamily.InterNetworkV6;
}
