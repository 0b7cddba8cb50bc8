using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the first packet of a client that dials an <see cref="IrohEndpoint"/>, for
/// <see cref="IrohEndpointOptions.IncomingFilter"/>. The packet is not decrypted yet, so that the ID of the client and the protocols that
/// it offers are not known.
/// </summary>
public readonly record struct Incoming
{
    private readonly NetworkPath _path;

    internal Incoming(in NetworkPath path, bool isRemoteAddressValidated)
    {
        _path = path;
        IsRemoteAddressValidated = isRemoteAddressValidated;
    }

    /// <summary>
    /// Gets the address from which the packet arrived, as a new object. Anybody may have written this address into the packet, unless
    /// <see cref="IsRemoteAddressValidated"/> is true. An IPv4-mapped IPv6 address is given as an IPv4 address.
    /// </summary>
    public IPEndPoint RemoteEndPoint => _path.Remote.ToEndPoint();

    /// <summary>Gets the address of this machine, and the port, at which the packet arrived, as a new object.</summary>
    public IPEndPoint LocalEndPoint => _path.Local.ToEndPoint();

    /// <summary>
    /// Gets the family of both addresses: <see cref="AddressFamily.InterNetwork"/> or <see cref="AddressFamily.InterNetworkV6"/>.
    /// </summary>
    public AddressFamily AddressFamily => _path.Remote.Family;

    /// <summary>
    /// Gets a value that indicates whether the client has proved that it receives packets at <see cref="RemoteEndPoint"/>, with the token
    /// of a Retry packet of this endpoint.
    /// </summary>
    public bool IsRemoteAddressValidated { get; }
}
