using System.Net;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Iroh;

/// <summary>Defines the log messages of an endpoint, with the event ids 300 to 399. No message is logged per packet.</summary>
internal static partial class IrohLog
{
    [LoggerMessage(300, LogLevel.Debug, "Bound to {Addresses}, offload {Offload}", EventName = "Bound")]
    public static partial void Bound(this ILogger log, string addresses, string offload);

    [LoggerMessage(301, LogLevel.Debug, "Connection with {Remote} ended: {End}", EventName = "ConnectionOver")]
    public static partial void ConnectionOver(this ILogger log, IPEndPoint remote, TransportEnd end);

    [LoggerMessage(
        302, LogLevel.Error, "Connection with {Remote} failed because of a fault in the library", EventName = "ConnectionFault")]
    public static partial void ConnectionFault(this ILogger log, IPEndPoint remote, Exception fault);

    [LoggerMessage(
        303, LogLevel.Warning, "{Remote} and others are refused: {Connections} connections, {Handshakes} handshakes, {Bytes} bytes kept",
        EventName = "Refusing")]
    public static partial void Refusing(this ILogger log, IPEndPoint remote, int connections, int handshakes, long bytes);

    [LoggerMessage(304, LogLevel.Critical, "The I/O thread failed; the endpoint has ended", EventName = "EndpointDied")]
    public static partial void EndpointDied(this ILogger log, Exception fault);

    [LoggerMessage(305, LogLevel.Debug, "Dialed {Remote}, protocol {Protocol}", EventName = "Dialed")]
    public static partial void Dialed(this ILogger log, IPEndPoint remote, string protocol);

    [LoggerMessage(306, LogLevel.Debug, "Accepted {Remote}, protocol {Protocol}", EventName = "Accepted")]
    public static partial void Accepted(this ILogger log, IPEndPoint remote, string protocol);

    [LoggerMessage(307, LogLevel.Debug, "Dialing {Peer} at {Remote}", EventName = "Dialing")]
    public static partial void Dialing(this ILogger log, string peer, string remote);

    [LoggerMessage(308, LogLevel.Debug, "Dial of {Peer} failed", EventName = "DialFailed")]
    public static partial void DialFailed(this ILogger log, string peer, Exception failure);

    [LoggerMessage(
        309, LogLevel.Error, "IrohEndpointOptions.IncomingFilter failed for {Remote}, which is refused; it has failed {Failures} times",
        EventName = "IncomingFilterFailed")]
    public static partial void IncomingFilterFailed(this ILogger log, IPEndPoint remote, long failures, Exception failure);

    [LoggerMessage(310, LogLevel.Error, "A connection that no caller has could not be disposed", EventName = "DisposeFault")]
    public static partial void DisposeFault(this ILogger log, Exception fault);
}
