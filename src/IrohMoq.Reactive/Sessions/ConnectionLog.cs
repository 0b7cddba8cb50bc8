using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Provides the log messages of a connection, for diagnosis. The event IDs are 200 to 299.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(200, LogLevel.Debug, "{Peer}: stream refused with code {Code}: {Message}", EventName = "StreamRefused")]
    public static partial void StreamRefused(this ILogger log, string peer, MoqErrorCode code, string message);

    [LoggerMessage(
        201,
        LogLevel.Warning,
        "{Peer}: the peer reset its announcements with code {Code}; its broadcasts were ended",
        EventName = "AnnouncementsLost")]
    public static partial void AnnouncementsLost(this ILogger log, string peer, MoqErrorCode code);

    [LoggerMessage(202, LogLevel.Debug, "{Peer}: subscribed to {Broadcast} {Track} as {Id}", EventName = "Subscribed")]
    public static partial void Subscribed(this ILogger log, string peer, BroadcastPath broadcast, string track, ulong id);

    [LoggerMessage(203, LogLevel.Debug, "{Peer}: the peer subscribed to {Broadcast} {Track} as {Id}", EventName = "PeerSubscribed")]
    public static partial void PeerSubscribed(this ILogger log, string peer, BroadcastPath broadcast, string track, ulong id);

    [LoggerMessage(
        204,
        LogLevel.Debug,
        "{Peer}: group {Sequence} of subscription {Id} was aborted with code {Code}: {Message}",
        EventName = "GroupLost")]
    public static partial void GroupLost(this ILogger log, string peer, ulong id, ulong sequence, MoqErrorCode code, string message);

    [LoggerMessage(205, LogLevel.Debug, "{Peer}: subscription {Id} ended with code {Code}: {Message}", EventName = "SubscriptionFailed")]
    public static partial void SubscriptionFailed(this ILogger log, string peer, ulong id, MoqErrorCode code, string message);

    [LoggerMessage(
        208,
        LogLevel.Debug,
        "{Peer}: the subscription to {Broadcast} {Track} continues over another connection, from group {Start}",
        EventName = "Moved")]
    public static partial void Moved(this ILogger log, string peer, BroadcastPath broadcast, string track, ulong? start);

    [LoggerMessage(211, LogLevel.Debug, "{Peer}: {Group} continues over another connection, from frame {Start}", EventName = "FetchMoved")]
    public static partial void FetchMoved(this ILogger log, string peer, string group, int start);

    [LoggerMessage(209, LogLevel.Information, "{Peer}: asks the peer to leave", EventName = "AsksToLeave")]
    public static partial void AsksToLeave(this ILogger log, string peer);

    [LoggerMessage(210, LogLevel.Information, "{Peer}: the peer asks this side to leave, for '{Uri}'", EventName = "AskedToLeave")]
    public static partial void AskedToLeave(this ILogger log, string peer, string uri);

    [LoggerMessage(207, LogLevel.Error, "{Peer}: a stream failed and was ended", EventName = "StreamFailed")]
    public static partial void StreamFailed(this ILogger log, string peer, Exception failure);

    [LoggerMessage(206, LogLevel.Error, "{Peer}: the session failed and is closed", EventName = "SessionFailed")]
    public static partial void SessionFailed(this ILogger log, string peer, Exception failure);
}
