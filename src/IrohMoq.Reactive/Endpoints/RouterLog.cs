using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>Provides the log messages of a <see cref="Router"/>.</summary>
internal static partial class RouterLog
{
    [LoggerMessage(1, LogLevel.Warning, "A handler failed on the connection of {Peer} for {Protocol}; the connection was closed")]
    public static partial void HandlerFailed(this ILogger logger, string peer, string protocol, Exception fault);

    [LoggerMessage(2, LogLevel.Warning, "No handler serves {Protocol}, which {Peer} connected with; the connection was closed")]
    public static partial void NoHandler(this ILogger logger, string peer, string protocol);

    [LoggerMessage(3, LogLevel.Warning, "{Running} connections are being accepted already; the one of {Peer} for {Protocol} was closed")]
    public static partial void TooMany(this ILogger logger, int running, string peer, string protocol);

    [LoggerMessage(4, LogLevel.Warning, "A handler of {Protocol} failed in its shutdown")]
    public static partial void ShutdownFailed(this ILogger logger, string protocol, Exception fault);

    [LoggerMessage(5, LogLevel.Warning, "The shutdown gave up on {Running} calls to handlers that were still running after {Limit}")]
    public static partial void ShutdownTooLong(this ILogger logger, int running, TimeSpan limit);

    [LoggerMessage(6, LogLevel.Error, "The endpoint has ended; no more connections are accepted")]
    public static partial void EndpointOver(this ILogger logger, Exception? fault);

    [LoggerMessage(7, LogLevel.Warning, "A handler failed when its calls were canceled")]
    public static partial void CancelFailed(this ILogger logger, Exception fault);

    [LoggerMessage(8, LogLevel.Warning, "The refused connection of {Peer} could not be disposed")]
    public static partial void DisposeFailed(this ILogger logger, string peer, Exception fault);
}
