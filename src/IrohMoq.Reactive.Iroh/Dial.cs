using System.Net;
using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>A dial that the I/O thread is to begin.</summary>
/// <param name="Id">Who is to answer.</param>
/// <param name="Remote">Where.</param>
/// <param name="Protocols">What is offered, most wanted first.</param>
/// <param name="Begun">The connection once its first packet can be sent.</param>
internal sealed record Dial(EndpointId Id, IPEndPoint Remote, IReadOnlyList<string> Protocols, Completion<QuicConnection> Begun);
