using EffectList = System.Collections.Immutable.ImmutableArray<IrohMoq.Reactive.Manager.MoqEffect>.Builder;

namespace IrohMoq.Reactive.Manager;

/// <content>
/// The rules for GOAWAY, by which one side of a connection asks the other one to leave it. The side that has dialed dials again; the new
/// connection joins the session, at both sides, and the old one is closed when everything on it has moved. A session without a connection
/// that stays is not handed out to callers: they wait for the dial that replaces its connection. If there is no such connection in the
/// end, the session lasts until its connection carries nothing any more, or is closed by the peer.
/// </content>
internal static partial class MoqReducer
{
    private static MoqStep OnPeerGoingAway(MoqState state, MoqEvent.PeerGoingAway e)
    {
        if (!state.Connections.TryGetValue(e.Connection, out var connection) || connection.IsAsked)
            return Step(state);
        // A session that is not open yet is not served, so that no message of the peer is read.
        if (state.Sessions[connection.Session].Stage is SessionStage.Undecided or SessionStage.Rejected)
            return Step(state);
        var isOpen = !state.IsClosed && state.SessionWith(connection.Peer) == connection.Session;
        // The side that has asked the peer to leave as well does not want another connection.
        var mayDial = isOpen && connection.IsOutbound && !connection.IsLeaving && e.MayMove;
        state = state.WithLeaving(e.Connection, isAsked: true);
        var effects = NewList();
        var session = state.Sessions[connection.Session];
        var isMoving = true;
        if (isOpen && !state.IsLeaving(session))
        {
            effects.Add(new SessionEffect.Prefer(connection.Session, Preferred(state, session)));
            effects.Add(new ConnectionEffect.Drain(e.Connection, HasSuccessor: true));
        }
        else if (isOpen && state.Dials.TryGetValue(connection.Peer, out var dial))
        {
            // Whatever the dial is for, its connection joins the session.
            state = state with { Dials = state.Dials.SetItem(connection.Peer, dial with { IsMove = true }) };
        }
        else if (mayDial && !state.IsFull)
        {
            var move = new DialEntry(e.Dial, []) { IsMove = true, Request = session.Request };
            state = state with { Dials = state.Dials.Add(connection.Peer, move) };
            effects.Add(new DialEffect.Repeat(e.Dial, e.Connection));
        }
        else
        {
            isMoving = false;
            effects.Add(new ConnectionEffect.Drain(e.Connection, HasSuccessor: false));
        }

        if (isOpen)
            effects.Add(new NoticeEffect.PeerGoingAway(connection.Session, e.Uri, isMoving));
        return Step(state, effects);
    }

    /// <summary>This side asks the peer to leave the connections of a session. Callers need another one from now on.</summary>
    private static MoqStep OnSessionGoingAway(MoqState state, MoqEvent.SessionGoingAway e)
    {
        if (!state.Sessions.TryGetValue(e.Session, out var entry) || entry.Stage != SessionStage.Open)
            return Step(state);
        foreach (var connection in entry.Connections)
            state = state.WithLeaving(connection, isAsked: false);
        return Step(state);
    }

    /// <summary>
    /// Closes the connections of a session that the peer has asked this side to leave when they carry nothing any more, if no other
    /// connection carries the session and none is being dialed.
    /// </summary>
    private static void DrainIfLeft(MoqState state, PeerKey peer, SessionEntry session, EffectList effects)
    {
        if (state.Dials.ContainsKey(peer) || !state.IsLeaving(session))
            return;
        foreach (var connection in session.Connections)
        {
            if (state.Connections[connection].IsAsked)
                effects.Add(new ConnectionEffect.Drain(connection, HasSuccessor: false));
        }
    }

    /// <summary>Cancels the dial for the next connection of a session that is closed, unless a caller waits for the dial.</summary>
    private static MoqState StopMove(MoqState state, PeerKey peer, EffectList effects)
    {
        if (!state.Dials.TryGetValue(peer, out var dial) || !dial.IsMove)
            return state;
        if (!dial.Callers.IsEmpty)
            return state with { Dials = state.Dials.SetItem(peer, dial with { IsMove = false }) };
        effects.Add(new DialEffect.Cancel(dial.Dial));
        return state with { Dials = state.Dials.Remove(peer) };
    }
}
