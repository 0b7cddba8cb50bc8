using System.Collections.Immutable;
using System.Net;

namespace IrohMoq.Reactive;

/// <summary>A peer's id and where it may be reached.</summary>
public sealed record EndpointAddr
{
    /// <summary>Creates an address.</summary>
    /// <param name="id">Whom to dial.</param>
    /// <param name="addresses">Where, in any order; may be empty.</param>
    public EndpointAddr(EndpointId id, params ReadOnlySpan<IPEndPoint> addresses)
    {
        Id = id;
        Addresses = [.. addresses];
    }

    /// <summary>Whom to dial.</summary>
    public EndpointId Id { get; }

    /// <summary>The IP addresses and ports, ordered and without duplicates.</summary>
    public ImmutableArray<IPEndPoint> Addresses { get; }
}
