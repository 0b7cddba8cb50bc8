using IrohMoq.Reactive.Connections;

namespace IrohMoq.Reactive;

/// <summary>Represents an item of the manager's ring of notices. The public observables are views of the ring.</summary>
/// <param name="Session">The session, or null for the notice of a broadcast.</param>
/// <param name="Kind">What happened to the session.</param>
/// <param name="Broadcast">The event of a broadcast, or null for the notice of a session.</param>
/// <param name="Away">
/// The URI that a peer names that is going away, and whether the session continues over another connection; null for any other notice.
/// </param>
internal sealed record Notice(
    SharedSession? Session, SessionNoticeKind Kind, BroadcastEvent? Broadcast, (string Uri, bool IsMoving)? Away = null)
{
    /// <summary>Gets a value indicating whether the notice reports a session that a peer dialed, and that has not ended.</summary>
    public bool IsIncoming => Session is { IsOutbound: false } && Kind is SessionNoticeKind.Offered or SessionNoticeKind.Opened;

    /// <summary>Gets a value indicating whether the notice reports that a session opened or a broadcast changed.</summary>
    public bool IsLive => Session is null || Kind == SessionNoticeKind.Opened;

    /// <summary>
    /// Creates a selector that returns the opening of every session, and the closing of each session whose opening it returned.
    /// </summary>
    public static Func<Notice, long, SessionEvent?> SessionEvents()
    {
        var opened = new SeenSessions();
        return (notice, skipped) =>
        {
            opened.OnSkipped(skipped);
            switch (notice)
            {
                case { Session: { } session, Kind: SessionNoticeKind.Opened }:
                    opened.Add(session);
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
        return (notice, skipped) => notice switch
        {
            { Broadcast: { } broadcast } => broadcast,
            { Session: { } session, Away: { } away } => new GoingAwayEvent(MoqSession.ViewOf(session), away.Uri, away.IsMoving),
            _ => sessions(notice, skipped),
        };
    }

    /// <summary>
    /// Creates a selector that returns each session that a peer dialed only once, although a session that waits for a decision is
    /// reported again when it opens.
    /// </summary>
    public static Func<Notice, long, IncomingSession?> IncomingSessions()
    {
        var waiting = new SeenSessions();
        return (notice, skipped) =>
        {
            waiting.OnSkipped(skipped);
            if (notice is not { Session: { IsOutbound: false } session, Away: null })
                return null;
            // Only a session that was reported while it waited for a decision can be reported again.
            var isKnown = waiting.Remove(session);
            if (notice.Kind == SessionNoticeKind.Offered)
                waiting.Add(session);
            return isKnown || notice.Kind == SessionNoticeKind.Ended ? null : new IncomingSession(session, skipped);
        };
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

    /// <summary>The peer asked this side to leave.</summary>
    GoingAway,
}
