using System.Net;
using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>A dial that the I/O thread is to begin.</summary>
/// <param name="Id">The id of the peer.</param>
/// <param name="Remote">The address that is dialed.</param>
/// <param name="Protocols">The offered protocols, the preferred one first.</param>
/// <param name="Begun">Completes with the connection once its first packet can be sent.</param>
internal sealed record Dial(EndpointId Id, IPEndPoint Remote, IReadOnlyList<string> Protocols, Completion<QuicConnection> Begun);
