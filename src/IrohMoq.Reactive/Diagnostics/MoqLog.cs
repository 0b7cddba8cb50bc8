using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Diagnostics;

/// <summary>Provides the log messages of the manager. The event IDs are 100 to 199; an ID is never reused for another message.</summary>
internal static partial class MoqLog
{
    [LoggerMessage(100, LogLevel.Debug, "Dialing {Peer}", EventName = "Dialing")]
    public static partial void Dialing(this ILogger log, string peer);

    [LoggerMessage(101, LogLevel.Debug, "Dialing {Peer} failed: {Message}", EventName = "DialFailed")]
    public static partial void DialFailed(this ILogger log, string peer, string message);

    [LoggerMessage(102, LogLevel.Debug, "Accepted {Peer}, {Protocol}", EventName = "Accepted")]
    public static partial void Accepted(this ILogger log, string peer, string protocol);

    [LoggerMessage(103, LogLevel.Information, "Session with {Peer} open, dialed by this side: {IsOutbound}", EventName = "Opened")]
    public static partial void Opened(this ILogger log, string peer, bool isOutbound);

    [LoggerMessage(
        104, LogLevel.Information, "Session with {Peer} closed by {By}, {Cause}, code {Code}, reason '{Reason}'",
        EventName = "Closed")]
    public static partial void Closed(this ILogger log, string peer, MoqErrorCode code, string reason, string by, string cause);

    [LoggerMessage(105, LogLevel.Information, "Session with {Peer} refused with code {Code}, reason '{Reason}'", EventName = "Refused")]
    public static partial void Refused(this ILogger log, string peer, MoqErrorCode code, string reason);

    [LoggerMessage(106, LogLevel.Warning, "A subscriber was too slow and missed {Missed} notices", EventName = "Skipped")]
    public static partial void Skipped(this ILogger log, long missed);

    [LoggerMessage(
        107, LogLevel.Error, "An observer threw and was unsubscribed; its exception propagates through its scheduler",
        EventName = "ObserverFailed")]
    public static partial void ObserverFailed(this ILogger log, Exception failure);

    [LoggerMessage(
        108, LogLevel.Warning, "Shutting down took longer than {Limit}; the remaining connections are closed",
        EventName = "ShutdownTooLong")]
    public static partial void ShutdownTooLong(this ILogger log, TimeSpan limit);

    [LoggerMessage(109, LogLevel.Error, "{Effect} failed; other operations are not affected", EventName = "EffectFailed")]
    public static partial void EffectFailed(this ILogger log, object effect, Exception failure);

    [LoggerMessage(110, LogLevel.Error, "MoqOptions.AcceptPolicy failed for {Peer}, which is refused", EventName = "AcceptPolicyFailed")]
    public static partial void AcceptPolicyFailed(this ILogger log, string peer, Exception failure);

    [LoggerMessage(
        111, LogLevel.Debug, "Another connection carries the session with {Peer} as well, dialed by this side: {IsOutbound}",
        EventName = "Joined")]
    public static partial void Joined(this ILogger log, string peer, bool isOutbound);

    [LoggerMessage(
        112, LogLevel.Debug, "A connection with {Peer} is superseded, and closed once it carries no subscription",
        EventName = "Retiring")]
    public static partial void Retiring(this ILogger log, string peer);

    [LoggerMessage(
        113, LogLevel.Warning, "A connection could not be disposed; its transport may keep memory of it",
        EventName = "ConnectionDisposeFailed")]
    public static partial void DisposeFailed(this ILogger log, Exception failure);

    [LoggerMessage(114, LogLevel.Critical, "The manager failed and is closed", EventName = "PipelineFailed")]
    public static partial void PipelineFailed(this ILogger log, Exception failure);
}
