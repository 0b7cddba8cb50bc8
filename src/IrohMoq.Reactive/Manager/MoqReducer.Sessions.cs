using EffectList = System.Collections.Immutable.ImmutableArray<IrohMoq.Reactive.Manager.MoqEffect>.Builder;

namespace IrohMoq.Reactive.Manager;

/// <content>The rules for the life cycle of a session, from its opening to its end.</content>
internal static partial class MoqReducer
{
    private static MoqStep OnSessionAccepted(MoqState state, MoqEvent.SessionAccepted e)
    {
        if (state.IsClosed || !state.Sessions.TryGetValue(e.Session, out var entry) || entry.Stage != SessionStage.Undecided)
            return Step(state);
        var effects = NewList();
        return Step(Fulfill(Open(state, e.Session, effects), e.Session, entry.Peer, effects), effects);
    }

    private static MoqStep OnDecisionTimedOut(MoqState state, MoqEvent.DecisionTimedOut e) =>
        state.Sessions.TryGetValue(e.Session, out var entry) && entry.Stage == SessionStage.Undecided
            ? Step(state, new SessionEffect.RefuseUndecided(e.Session))
            : Step(state);

    private static MoqStep OnSessionClosing(MoqState state, MoqEvent.SessionClosing e)
    {
        if (!state.Sessions.TryGetValue(e.Session, out var entry))
            return Step(state);
        var effects = NewList();
        switch (entry.Stage)
        {
            case SessionStage.Undecided:
                return Step(state.WithSession(e.Session, entry with { Stage = SessionStage.Rejected }));
            case SessionStage.Open when entry.Connections.IsEmpty:
                return Step(StopMove(EndParked(state, entry.Peer, effects), entry.Peer, effects), effects);
            case SessionStage.Open:
                // A new request for a session with this peer starts a new dial, even before the end of this session is reported.
                state = state.WithSession(e.Session, entry with { Stage = SessionStage.Closing }).WithCurrent(entry.Peer, null);
                return Step(StopMove(state, entry.Peer, effects), effects);
            default:
                return Step(state);
        }
    }

    private static MoqStep OnLeaseTaken(MoqState state, MoqEvent.LeaseTaken e) =>
        state.Sessions.TryGetValue(e.Session, out var entry)
            ? Step(state.WithSession(e.Session, entry.Leased() with { IsTaken = true }))
            : Step(state);

    /// <summary>
    /// Adds a lease for what is read. It is no handle: a session that the peer dialed and of which the application has none stays open when
    /// the reading ends.
    /// </summary>
    private static MoqStep OnReadingBegan(MoqState state, MoqEvent.ReadingBegan e) =>
        state.Sessions.TryGetValue(e.Session, out var entry) ? Step(state.WithSession(e.Session, entry.Leased())) : Step(state);

    private static MoqStep OnLeaseReturned(MoqState state, MoqEvent.LeaseReturned e)
    {
        if (!state.Sessions.TryGetValue(e.Session, out var entry) || entry.Leases == 0)
            return Step(state);
        var effects = NewList();
        return Step(LingerIfUnused(state, e.Session, entry with { Leases = entry.Leases - 1 }, effects), effects);
    }

    private static MoqStep OnLingerElapsed(MoqState state, MoqEvent.LingerElapsed e)
    {
        if (!state.Sessions.TryGetValue(e.Session, out var entry) || entry.Linger != e.Linger || !IsUnused(entry))
            return Step(state);
        var effects = NewList();
        effects.Add(new SessionEffect.Close(e.Session, MoqErrorCode.Cancel, UnusedReason));
        // A session without a connection must be ended here, because no connection reports its end.
        if (entry.Connections.IsEmpty)
            return Step(StopMove(EndParked(state, entry.Peer, effects), entry.Peer, effects), effects);
        // A new request for a session with this peer starts a new dial, even before the end of this session is reported.
        state = state.WithSession(e.Session, entry with { Stage = SessionStage.Closing }).WithCurrent(entry.Peer, null);
        return Step(StopMove(state, entry.Peer, effects), effects);
    }

    /// <summary>
    /// Starts the linger timer of a session without handles. No timer starts if the peer dialed and the application has never created a
    /// handle of the session.
    /// </summary>
    private static MoqState LingerIfUnused(MoqState state, long session, SessionEntry entry, EffectList effects)
    {
        if (IsUnused(entry))
        {
            entry = entry with { Linger = entry.Linger + 1 };
            effects.Add(new SessionEffect.StartLinger(session, entry.Linger));
        }

        return state.WithSession(session, entry);
    }

    private static bool IsUnused(SessionEntry entry) =>
        entry is { Leases: 0, Stage: SessionStage.Open } && (!entry.IsWantedByPeer || entry.IsTaken);

    /// <summary>Creates a session on a connection and opens the session.</summary>
    private static MoqState Establish(MoqState state, long connection, PeerKey peer, bool isOutbound, EffectList effects)
    {
        effects.Add(new SessionEffect.Create(connection, isOutbound));
        var entry = new SessionEntry(peer, isOutbound, SessionStage.Undecided, []);
        return Open(state.WithConnection(connection, isOutbound, connection, entry), connection, effects);
    }

    /// <summary>Opens a session: ends the session that it replaces, and then announces the published broadcasts on the new one.</summary>
    private static MoqState Open(MoqState state, long session, EffectList effects)
    {
        var entry = state.Sessions[session];
        state = EndOthers(state, entry.Peer, session, effects);
        foreach (var broadcast in state.Broadcasts)
            effects.Add(new SessionEffect.Announce(session, broadcast.Value));
        effects.Add(new SessionEffect.Open(session));
        effects.Add(new NoticeEffect.SessionOpened(session));
        return state.WithSession(session, entry with { Stage = SessionStage.Open }).WithCurrent(entry.Peer, session);
    }

    /// <summary>
    /// Completes the calls that wait for a dial to this peer with a session that was established meanwhile. The dial continues, because
    /// if two peers that dial each other both canceled their dials in favor of the other's, no connection would be left. Calls that state a
    /// path or a role wait for the dial, because the peer does not know it from its own.
    /// </summary>
    private static MoqState Fulfill(MoqState state, long session, PeerKey peer, EffectList effects) =>
        state.Dials.TryGetValue(peer, out var dial) && state.Sessions[session].Serves(dial.Request)
            ? Complete(state with { Dials = state.Dials.SetItem(peer, dial with { Callers = [] }) }, session, dial.Callers, effects)
            : state;

    /// <summary>Ends the other sessions with a peer before a new one opens, so that observers are notified in this order.</summary>
    private static MoqState EndOthers(MoqState state, PeerKey peer, long session, EffectList effects)
    {
        state = EndParked(state, peer, effects);
        foreach (var connection in state.Peers[peer].Connections)
        {
            var number = state.Connections[connection].Session;
            var other = state.Sessions[number];
            if (number == session || other.Stage is not (SessionStage.Open or SessionStage.Closing))
                continue;
            var isSuperseded = other.Stage == SessionStage.Open;
            effects.Add(isSuperseded ? new SessionEffect.Supersede(number, session) : new SessionEffect.End(number));
            effects.Add(new NoticeEffect.SessionEnded(number));
            if (isSuperseded)
            {
                foreach (var left in other.Connections)
                    effects.Add(new ConnectionEffect.Retire(left));
            }

            state = state.WithSession(number, other with { Stage = SessionStage.Over });
        }

        return state;
    }

    /// <summary>
    /// Ends the session that was parked for a dial to this peer, if there is one, because the dial has ended without a connection for
    /// it.
    /// </summary>
    private static MoqState EndParked(MoqState state, PeerKey peer, EffectList effects)
    {
        if (state.SessionWith(peer) is not { } session || !state.Sessions[session].Connections.IsEmpty)
            return state;
        effects.Add(new SessionEffect.End(session));
        effects.Add(new NoticeEffect.SessionEnded(session));
        effects.Add(new SessionEffect.Forget(session));
        return state.WithoutParked(peer, session);
    }
}
