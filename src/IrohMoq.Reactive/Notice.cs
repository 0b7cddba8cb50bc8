using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Connections;

namespace IrohMoq.Reactive;

/// <summary>An item of the manager's ring of notices; the public streams are views of it.</summary>
/// <param name="Session">The session; null for a broadcast.</param>
/// <param name="Kind">What happened to the session.</param>
/// <param name="Broadcast">The event of a broadcast; null for a session.</param>
internal sealed record Notice(SharedSession? Session, SessionNoticeKind Kind, BroadcastEvent? Broadcast)
{
    /// <summary>Gets a value indicating whether the application may decide about a session that a peer dialed.</summary>
    public bool IsIncoming => Session is { IsOutbound: false } && Kind != SessionNoticeKind.Ended;

    /// <summary>Gets a value indicating whether a session opened or a broadcast is live.</summary>
    public bool IsLive => Session is null || Kind == SessionNoticeKind.Opened;

    /// <summary>Makes a view that has every opening, and the closing of each session whose opening it had.</summary>
    public static Func<Notice, long, SessionEvent?> SessionEvents()
    {
        // Weak: after a lag the closing of a session may never come.
        var opened = new ConditionalWeakTable<SharedSession, SharedSession>();
        return (notice, _) =>
        {
            switch (notice)
            {
                case { Session: { } session, Kind: SessionNoticeKind.Opened }:
                    opened.AddOrUpdate(session, session);
                    return new SessionEvent(MoqSession.ViewOf(session), null);
                case { Session: { } session, Kind: SessionNoticeKind.Ended } when opened.Remove(session):
                    return new SessionEvent(MoqSession.ViewOf(session), session.Ended);
                default:
                    return null;
            }
        };
    }

    /// <summary>Makes a view that has the end of every session.</summary>
    public static Func<Notice, long, SessionClosed?> SessionClosures() =>
        static (notice, _) => notice.Kind == SessionNoticeKind.Ended ? notice.Session!.Ended : null;

    /// <summary>Creates a selector that returns the broadcast event of a notice, or null.</summary>
    public static Func<Notice, long, BroadcastEvent?> BroadcastEvents() => static (notice, _) => notice.Broadcast;

    /// <summary>Makes a view that has the events of sessions and broadcasts.</summary>
    public static Func<Notice, long, MoqNotice?> All()
    {
        var sessions = SessionEvents();
        return (notice, skipped) => notice.Broadcast ?? (MoqNotice?)sessions(notice, skipped);
    }

    /// <summary>
    /// Makes a view that has the sessions that peers dialed, each once: where they wait for a decision, they come again when they open.
    /// </summary>
    public static Func<Notice, long, IncomingSession?> IncomingSessions()
    {
        // Weak: a session that was offered is not kept.
        var offered = new ConditionalWeakTable<SharedSession, SharedSession>();
        return (notice, skipped) =>
            notice.IsIncoming && offered.TryAdd(notice.Session!, notice.Session!) ? new IncomingSession(notice.Session!, skipped) : null;
    }
}

/// <summary>What happened to a session.</summary>
internal enum SessionNoticeKind
{
    /// <summary>It waits for the application's decision.</summary>
    Offered,

    /// <summary>The session opened.</summary>
    Opened,

    /// <summary>It ended.</summary>
    Ended,
}
