using EffectList = System.Collections.Immutable.ImmutableArray<IrohMoq.Reactive.Manager.MoqEffect>.Builder;

namespace IrohMoq.Reactive.Manager;

/// <content>
/// The rules for connections and for the sessions that they carry. If two peers dial each other at the same time, there are two
/// connections for one session: the connection that the endpoint with the smaller ID dialed is preferred, and the side that dialed the
/// other connection closes that one, because only that side knows that both connections are established. A peer that dials again while
/// it has a connection that it dialed has lost that connection: a new session replaces the old one.
/// </content>
internal static partial class MoqReducer
{
    private static MoqStep OnConnectionArrived(MoqState state, MoqEvent.ConnectionArrived e)
    {
        if (state.IsClosed)
            return Step(state, new ConnectionEffect.Refuse(e.Connection, MoqErrorCode.Cancel, ShutdownReason));
        if (state.IsFull || state.ConnectionsWith(e.Peer) >= state.Config.ConnectionsPerPeer)
            return Step(state, new ConnectionEffect.Refuse(e.Connection, MoqErrorCode.BoundsExceeded, TooManyReason));

        return state.HasDialed(e.Peer) ? AddCandidate(state, e.Connection, e.Peer) : TakeUp(state, e.Connection, e.Peer);
    }

    /// <summary>Adds a connection that a peer dialed to the peer's open session, or creates a new session for it.</summary>
    private static MoqStep TakeUp(MoqState state, long connection, PeerKey peer)
    {
        var effects = NewList();
        if (state.SessionWith(peer) is { } open && state.Sessions[open].Connections.All(other => IsNoRival(state.Connections[other])))
        {
            state = Join(state, open, connection, isOutbound: false, effects);
        }
        else if (state.Config.RequireAccept && !state.Dials.ContainsKey(peer))
        {
            state = state.WithConnection(connection, false, connection, new SessionEntry(peer, false, SessionStage.Undecided, []));
            effects.Add(new SessionEffect.Create(connection, IsOutbound: false));
            effects.Add(new SessionEffect.AwaitDecision(connection));
            effects.Add(new NoticeEffect.SessionOffered(connection));
        }
        else
        {
            state = Fulfill(Establish(state, connection, peer, isOutbound: false, effects), connection, peer, effects);
        }

        return Step(state, effects);
    }

    /// <summary>
    /// Determines whether a connection that the peer dials joins the session of a connection: the peer has not dialed the connection, or
    /// it dials again because this side has asked it to leave.
    /// </summary>
    private static bool IsNoRival(ConnectionEntry other) => other.IsOutbound || other.IsLeft;

    private static MoqStep OnConnectionEnded(MoqState state, MoqEvent.ConnectionEnded e)
    {
        if (state.Candidates.ContainsKey(e.Connection))
            return Step(state.WithoutCandidate(e.Connection), new ConnectionEffect.Forget(e.Connection));
        if (!state.Connections.TryGetValue(e.Connection, out var connection))
            return Step(state);
        var session = connection.Session;
        if (IsParked(state, connection, e.IsSuperseded))
        {
            return Step(
                state.WithoutConnectionOf(e.Connection),
                new SessionEffect.Park(session, e.Connection),
                new ConnectionEffect.Forget(e.Connection));
        }

        var next = state.WithoutConnection(e.Connection);
        var effects = NewList();
        var stage = state.Sessions[session].Stage;
        if (next.Sessions.TryGetValue(session, out var left))
        {
            if (stage != SessionStage.Over)
                effects.Add(new SessionEffect.Leave(session, e.Connection, Preferred(next, left)));
            effects.Add(new ConnectionEffect.Forget(e.Connection));
            if (stage == SessionStage.Open)
                DrainIfLeft(next, connection.Peer, left, effects);
            return Step(next, effects);
        }

        if (stage != SessionStage.Over)
        {
            effects.Add(new SessionEffect.End(session));
            effects.Add(stage is SessionStage.Undecided or SessionStage.Rejected
                ? new NoticeEffect.OfferEnded(session)
                : new NoticeEffect.SessionEnded(session));
        }

        effects.Add(new ConnectionEffect.Forget(e.Connection));
        effects.Add(new SessionEffect.Forget(session));
        return Step(next, effects);
    }

    /// <summary>
    /// Determines whether a session waits for a dial after its last connection ended. This happens if the peer has closed its own
    /// connection in favor of the connection that this side dials, or if one side had asked the other one to leave, and the end arrives
    /// before the result of the dial.
    /// </summary>
    private static bool IsParked(MoqState state, ConnectionEntry connection, bool isSuperseded) =>
        !state.IsClosed && ((isSuperseded && !connection.IsOutbound) || connection.IsLeaving) && state.Dials.ContainsKey(connection.Peer)
        && state.SessionWith(connection.Peer) == connection.Session && state.Sessions[connection.Session].Connections.Count == 1;

    /// <summary>
    /// Adds another connection to an open session, and retires the connections of this side that are no longer preferred.
    /// </summary>
    private static MoqState Join(MoqState state, long session, long connection, bool isOutbound, EffectList effects)
    {
        state = state.WithConnection(connection, isOutbound, session, state.Sessions[session]);
        var entry = state.Sessions[session];
        var preferred = Preferred(state, entry);
        effects.Add(new SessionEffect.Join(session, connection, preferred));
        foreach (var other in entry.Connections)
        {
            if (state.Connections[other].IsAsked)
                effects.Add(new ConnectionEffect.Drain(other, HasSuccessor: true));
            else if (other != preferred && state.Connections[other].IsOutbound && !state.Connections[preferred].IsOutbound)
                effects.Add(new ConnectionEffect.Retire(other));
        }

        return state;
    }

    /// <summary>
    /// Returns the preferred connection of a session: the newest one that the endpoint with the smaller ID dialed, or otherwise the
    /// newest one. Connections that one side has asked the other one to leave do not count while there are others.
    /// </summary>
    private static long Preferred(MoqState state, SessionEntry entry)
    {
        var isOutbound = entry.Peer.IsGreaterThan(state.Config.Self);
        var stays = entry.Connections;
        if (!state.IsLeaving(entry))
            stays = stays.Except(stays.Where(connection => state.Connections[connection].IsLeaving));
        var preferred = stays.Max;
        foreach (var connection in stays)
        {
            if (state.Connections[connection].IsOutbound == isOutbound)
                preferred = connection;
        }

        return preferred;
    }

    private static long? Undecided(MoqState state, PeerKey peer)
    {
        if (!state.Peers.TryGetValue(peer, out var entry))
            return null;
        foreach (var connection in entry.Connections)
        {
            var session = state.Connections[connection].Session;
            if (state.Sessions[session].Stage == SessionStage.Undecided)
                return session;
        }

        return null;
    }
}
