using System.Net;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Iroh;

/// <summary>What an endpoint tells its log. Event ids 300 to 399; nothing per packet.</summary>
internal static partial class IrohLog
{
    [LoggerMessage(300, LogLevel.Debug, "Bound to {Address}, offload {Offload}", EventName = "Bound")]
    public static partial void Bound(this ILogger log, IPEndPoint address, string offload);

    [LoggerMessage(301, LogLevel.Debug, "Connection with {Remote} over: {End}", EventName = "ConnectionOver")]
    public static partial void ConnectionOver(this ILogger log, IPEndPoint remote, TransportEnd end);

    [LoggerMessage(302, LogLevel.Error, "Connection with {Remote} failed by a fault of this library", EventName = "ConnectionFault")]
    public static partial void ConnectionFault(this ILogger log, IPEndPoint remote, Exception fault);

    [LoggerMessage(303, LogLevel.Warning, "{Remote} refused: {Connections} connections are open", EventName = "TooManyConnections")]
    public static partial void TooManyConnections(this ILogger log, IPEndPoint remote, int connections);

    [LoggerMessage(304, LogLevel.Critical, "The I/O thread died, and the endpoint with it", EventName = "EndpointDied")]
    public static partial void EndpointDied(this ILogger log, Exception fault);
}
