using System.Net;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>Represents a request to the I/O thread to dial a peer.</summary>
/// <param name="Connection">The connection, which has not begun.</param>
/// <param name="Id">The id of the peer.</param>
/// <param name="Remotes">The addresses of the peer, at least one. All are dialed at once, as one connection.</param>
/// <param name="Protocols">The application protocols to offer.</param>
internal sealed record Dial(DrivenConnection Connection, EndpointId Id, IReadOnlyList<IPEndPoint> Remotes, IReadOnlyList<string> Protocols);
