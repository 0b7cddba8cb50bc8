using System.Net;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>Represents an address to which a UDP socket is bound.</summary>
/// <param name="Address">The address and the port; port 0 is any free port.</param>
/// <param name="IsRequired">
/// True if the endpoint cannot be created without the socket; false if the socket is left out when it cannot be bound.
/// </param>
internal readonly record struct BindAddress(IPEndPoint Address, bool IsRequired = true);
