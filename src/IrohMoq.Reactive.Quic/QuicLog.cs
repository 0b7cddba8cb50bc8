using System.Net;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Quic;

/// <summary>Defines the log messages of an endpoint, with the event ids 400 to 499.</summary>
internal static partial class QuicLog
{
    [LoggerMessage(400, LogLevel.Debug, "Bound to {Address}", EventName = "Bound")]
    public static partial void Bound(this ILogger log, IPEndPoint address);

    [LoggerMessage(401, LogLevel.Debug, "Connection with {Remote} ended: {End}", EventName = "ConnectionOver")]
    public static partial void ConnectionOver(this ILogger log, IPEndPoint remote, TransportEnd end);

    [LoggerMessage(402, LogLevel.Debug, "An incoming connection failed during its handshake", EventName = "HandshakeFailed")]
    public static partial void HandshakeFailed(this ILogger log, Exception failure);

    [LoggerMessage(403, LogLevel.Warning, "{Remote} is refused: {Problem}", EventName = "PeerRefused")]
    public static partial void PeerRefused(this ILogger log, IPEndPoint remote, string problem);

    [LoggerMessage(404, LogLevel.Debug, "Accepted {Remote}, protocol {Protocol}", EventName = "Accepted")]
    public static partial void Accepted(this ILogger log, IPEndPoint remote, string protocol);

    [LoggerMessage(405, LogLevel.Debug, "Dialing {Peer} at {Remote}", EventName = "Dialing")]
    public static partial void Dialing(this ILogger log, string peer, string remote);

    [LoggerMessage(406, LogLevel.Debug, "Dial of {Peer} failed", EventName = "DialFailed")]
    public static partial void DialFailed(this ILogger log, string peer, Exception failure);

    [LoggerMessage(407, LogLevel.Error, "An incoming connection failed because of a fault in the library", EventName = "AcceptFault")]
    public static partial void AcceptFault(this ILogger log, Exception fault);

    [LoggerMessage(408, LogLevel.Error, "Closing the connection with {Remote} failed", EventName = "CloseFault")]
    public static partial void CloseFault(this ILogger log, IPEndPoint remote, Exception fault);

    [LoggerMessage(409, LogLevel.Error, "A {Kind} could not be disposed", EventName = "DisposeFault")]
    public static partial void DisposeFault(this ILogger log, string kind, Exception fault);
}
