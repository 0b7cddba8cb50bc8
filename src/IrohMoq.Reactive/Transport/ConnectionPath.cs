using System.Net;

namespace IrohMoq.Reactive.Transport;

/// <summary>Represents the path of a connection: the addresses between which its packets travel.</summary>
/// <param name="LocalEndPoint">
/// The address of this side, or null if it is not known. If this side is behind a NAT, it is the address before the translation.
/// </param>
/// <param name="RemoteEndPoint">The address of the peer. If the peer is behind a NAT, it is the address after the translation.</param>
public sealed record ConnectionPath(EndPoint? LocalEndPoint, EndPoint RemoteEndPoint)
{
    /// <summary>Returns both addresses as text: <c>192.0.2.1:4433 - 198.51.100.7:50123</c>.</summary>
    public override string ToString() => $"{LocalEndPoint?.ToString() ?? "?"} - {RemoteEndPoint}";
}
