using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using IrohMoq.Reactive.Endpoints;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a peer's ID together with the addresses at which the peer may be reachable. Two values are equal if they have the same ID
/// and the same addresses, in any order.
/// </summary>
public sealed record EndpointAddr
{
    /// <summary>Initializes a new instance of the <see cref="EndpointAddr"/> class with IP addresses.</summary>
    /// <param name="id">The ID of the peer.</param>
    /// <param name="addresses">
    /// The IP addresses and ports, in any order; may be empty. The scope of an IPv6 address is kept only for a link-local address, and is
    /// not part of a ticket, because it has no meaning on another machine.
    /// </param>
    public EndpointAddr(EndpointId id, params ReadOnlySpan<IPEndPoint> addresses)
        : this(id, addresses.ToArray(), [])
    {
    }

    /// <summary>Initializes a new instance of the <see cref="EndpointAddr"/> class with IP addresses and relays.</summary>
    /// <param name="id">The ID of the peer.</param>
    /// <param name="addresses">
    /// The IP addresses and ports, in any order; may be empty. The scope of an IPv6 address is kept only for a link-local address, and is
    /// not part of a ticket, because it has no meaning on another machine.
    /// </param>
    /// <param name="relayUrls">The URLs of the relays, such as <c>https://relay.example.org</c>, in any order; may be empty.</param>
    /// <exception cref="ArgumentException">One of <paramref name="relayUrls"/> is not absolute.</exception>
    public EndpointAddr(EndpointId id, IEnumerable<IPEndPoint> addresses, IEnumerable<Uri> relayUrls)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(relayUrls);
        Id = id;
        // The addresses are copied, because the caller can change an IPEndPoint.
        Addresses = [.. addresses.Select(Plain).Distinct().Order(ByValue)];
        RelayTexts = [.. relayUrls.Select(Normalized).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        RelayUrls = [.. RelayTexts.Select(static text => new Uri(text))];
    }

    private static Comparer<IPEndPoint> ByValue { get; } = Comparer<IPEndPoint>.Create(Compare);

    /// <summary>Gets the ID of the peer.</summary>
    public EndpointId Id { get; }

    /// <summary>Gets the IP addresses and ports, ordered (IPv4 first, then by address and port) and without duplicates.</summary>
    public ImmutableArray<IPEndPoint> Addresses { get; }

    /// <summary>Gets the URLs of the relays in normal form (<c>https://relay.example.org/</c>), ordered and without duplicates.</summary>
    public ImmutableArray<Uri> RelayUrls { get; }

    /// <summary>
    /// Gets the URLs of the relays in iroh's text form. URLs that differ only in their fragments are different here, unlike as
    /// <see cref="Uri"/> values.
    /// </summary>
    internal ImmutableArray<string> RelayTexts { get; }

    /// <summary>Determines whether another value has the same ID and the same addresses.</summary>
    /// <param name="other">The other address.</param>
    public bool Equals(EndpointAddr? other) =>
        other is not null && Id == other.Id
        && Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan()) && RelayTexts.AsSpan().SequenceEqual(other.RelayTexts.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Id);
        foreach (var address in Addresses)
            hash.Add(address);
        foreach (var url in RelayTexts)
            hash.Add(url);
        return hash.ToHashCode();
    }

    /// <summary>
    /// Returns the ID, the relays and the addresses as text: <c>3b6a… relay=https://relay.example.org/ addrs=[10.0.0.1:1,
    /// [::1]:4433]</c>.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder(Id.ToString());
        foreach (var url in RelayTexts)
            text.Append(" relay=").Append(url);
        if (!Addresses.IsEmpty)
            text.Append(" addrs=[").AppendJoin(", ", Addresses).Append(']');
        return text.ToString();
    }

    private static IPEndPoint Plain(IPEndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address, "addresses");
        var bytes = address.Address.GetAddressBytes();
        return new IPEndPoint(
            address.Address.IsIPv6LinkLocal ? new IPAddress(bytes, address.Address.ScopeId) : new IPAddress(bytes), address.Port);
    }

    private static string Normalized(Uri relayUrl)
    {
        ArgumentNullException.ThrowIfNull(relayUrl);
        return RelayUrl.TryNormalize(relayUrl.OriginalString, out var normalized)
            ? normalized
            : throw new ArgumentException(
                $"The relay URL \"{relayUrl.OriginalString}\" is not absolute. It must have a scheme, such as https://relay.example.org.",
                nameof(relayUrl));
    }

    private static int Compare(IPEndPoint left, IPEndPoint right)
    {
        var order = IsV6(left).CompareTo(IsV6(right));
        order = order != 0 ? order : left.Address.GetAddressBytes().AsSpan().SequenceCompareTo(right.Address.GetAddressBytes());
        order = order != 0 ? order : left.Port.CompareTo(right.Port);
        return order != 0 || !IsV6(left) ? order : left.Address.ScopeId.CompareTo(right.Address.ScopeId);
    }

    private static bool IsV6(IPEndPoint address) => address.AddressFamily == AddressFamily.InterNetworkV6;
}
