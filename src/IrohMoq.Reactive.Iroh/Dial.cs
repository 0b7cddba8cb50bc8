using System.Net;
using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>Represents a request to the I/O thread to dial a peer.</summary>
/// <param name="Id">The id of the peer.</param>
/// <param name="Remote">The address to dial.</param>
/// <param name="Protocols">The offered protocols, the preferred one first.</param>
/// <param name="Begun">
/// The completion that is set to the connection when the connection is created and its first packet can be sent.
/// </param>
internal sealed record Dial(EndpointId Id, IPEndPoint Remote, IReadOnlyList<string> Protocols, Completion<QuicConnection> Begun);
