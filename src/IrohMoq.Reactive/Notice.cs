using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Connections;

namespace IrohMoq.Reactive;

/// <summary>Represents an item of the manager's ring of notices. The public observables are views of the ring.</summary>
/// <param name="Session">The session, or null for the notice of a broadcast.</param>
/// <param name="Kind">What happened to the session.</param>
/// <param name="Broadcast">The event of a broadcast, or null for the notice of a session.</param>
internal sealed record Notice(SharedSession? Session, SessionNoticeKind Kind, BroadcastEvent? Broadcast)
{
    /// <summary>Gets a value indicating whether the notice reports a session that a peer dialed, and that has not ended.</summary>
    public bool IsIncoming => Session is { IsOutbound: false } && Kind != SessionNoticeKind.Ended;

    /// <summary>Gets a value indicating whether the notice reports that a session opened or a broadcast changed.</summary>
    public bool IsLive => Session is null || Kind == SessionNoticeKind.Opened;

    /// <summary>
    /// Creates a selector that returns the opening of every session, and the closing of each session whose opening it returned.
    /// </summary>
    public static Func<Notice, long, SessionEvent?> SessionEvents()
    {
        // The references are weak, because the closing of a session may be missed by a slow subscriber.
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

    /// <summary>Creates a selector that returns the end of every session.</summary>
    public static Func<Notice, long, SessionClosed?> SessionClosures() =>
        static (notice, _) => notice.Kind == SessionNoticeKind.Ended ? notice.Session!.Ended : null;

    /// <summary>Creates a selector that returns the broadcast event of a notice, or null.</summary>
    public static Func<Notice, long, BroadcastEvent?> BroadcastEvents() => static (notice, _) => notice.Broadcast;

    /// <summary>Creates a selector that returns the events of sessions and broadcasts.</summary>
    public static Func<Notice, long, MoqNotice?> All()
    {
        var sessions = SessionEvents();
        return (notice, skipped) => notice.Broadcast ?? (MoqNotice?)sessions(notice, skipped);
    }

    /// <summary>
    /// Creates a selector that returns each session that a peer dialed only once, although a session that waits for a decision is
    /// reported again when it opens.
    /// </summary>
    public static Func<Notice, long, IncomingSession?> IncomingSessions()
    {
        // The references are weak, so that sessions are not kept.
        var offered = new ConditionalWeakTable<SharedSession, SharedSession>();
        return (notice, skipped) =>
            notice.IsIncoming && offered.TryAdd(notice.Session!, notice.Session!) ? new IncomingSession(notice.Session!, skipped) : null;
    }
}

/// <summary>Specifies what happened to a session.</summary>
internal enum SessionNoticeKind
{
    /// <summary>The session waits to be accepted by the application.</summary>
    Offered,

    /// <summary>The session opened.</summary>
    Opened,

    /// <summary>The session ended.</summary>
    Ended,
}
