using System.Collections.Immutable;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Pipeline;

/// <content>
/// Sessions and the connections that carry them. A peer that dials while it is dialed gives two connections for one session: the one that the endpoint with the smaller id dialed stays, and the side
/// that dialed the other one closes it, because that side alone knows that both have come. A peer that dials again although it has a connection of its own has lost that one: a new session takes the old one's place. The candidates'
/// rules are in a file of their own.
/// </content>
internal static partial class MoqReducer
{
    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnConnectionArrived(MoqState state, MoqEvent.ConnectionArrived e)
    {
        if (state.IsClosed)
            return (state, [new MoqEffect.Refuse(e.Connection, MoqErrorCode.Cancel, ShutdownReason)]);
        if (state.IsFull || state.ConnectionsWith(e.Peer) >= state.Terms.ConnectionsPerPeer)
            return (state, [new MoqEffect.Refuse(e.Connection, MoqErrorCode.BoundsExceeded, TooManyReason)]);

        return state.HasDialed(e.Peer) ? AddCandidate(state, e.Connection, e.Peer) : Take(state, e.Connection, e.Peer);
    }

    /// <summary>A connection that a peer has dialed carries its session, the one that is open or one of its own.</summary>
    private static (MoqState State, ImmutableArray<MoqEffect> Effects) Take(MoqState state, long connection, EndpointId peer)
    {
        var effects = ImmutableArray.CreateBuilder<MoqEffect>();
        if (state.SessionWith(peer) is { } open && state.Sessions[open].Connections.All(other => state.Connections[other].IsOutbound))
        {
            state = Join(state, open, connection, isOutbound: false, effects);
        }
        else if (state.Terms.RequireAccept && !state.Dials.ContainsKey(peer))
        {
            state = state.WithConnection(connection, false, connection, new SessionEntry(peer, false, SessionStage.Undecided, []));
            effects.Add(new MoqEffect.Offer(connection));
        }
        else
        {
            state = Fulfil(Establish(state, connection, peer, isOutbound: false, effects), connection, peer, effects);
        }

        return (state, effects.ToImmutable());
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnJoinFailed(MoqState state, MoqEvent.JoinFailed e)
    {
        // The connection that a session began with has not joined it.
        if (!state.Connections.TryGetValue(e.Connection, out var connection) || connection.Session != e.Session || e.Connection == e.Session)
            return (state, []);
        var (peer, isOutbound, _) = connection;
        var joined = state.Sessions[e.Session];
        var next = state.WithoutConnection(e.Connection);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>();
        if (joined.Connections.Count == 1)
        {
            // What did carry the session has reported its end meanwhile, and left it to this connection.
            if (joined.Stage == SessionStage.Open)
                effects.Add(new MoqEffect.ReportClosed(e.Session, e.Connection));
            effects.Add(new MoqEffect.ForgetSession(e.Session));
        }
        else if (next.SessionWith(peer) == e.Session)
        {
            next = next.WithCurrent(peer, null);
        }

        if (joined.Stage == SessionStage.Over || next.IsClosed)
        {
            effects.Add(joined.Stage == SessionStage.Over
                ? new MoqEffect.Refuse(e.Connection, MoqErrorCode.Superseded, MoqConnection.SupersededReason)
                : new MoqEffect.Refuse(e.Connection, MoqErrorCode.Cancel, ShutdownReason));
            return (next, effects.ToImmutable());
        }

        // It becomes a session of its own; the other one's end is told or on the way.
        if (!isOutbound)
        {
            var (after, arrived) = OnConnectionArrived(next, new MoqEvent.ConnectionArrived(e.Connection, peer));
            effects.AddRange(arrived);
            return (after, effects.ToImmutable());
        }

        next = Fulfil(Establish(next, e.Connection, peer, isOutbound: true, effects), e.Connection, peer, effects);
        next = Complete(next, e.Connection, [], effects);
        return (next, effects.ToImmutable());
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnConnectionEnded(MoqState state, MoqEvent.ConnectionEnded e)
    {
        if (state.Candidates.ContainsKey(e.Connection))
            return (state.WithoutCandidate(e.Connection), [new MoqEffect.ForgetConnection(e.Connection)]);
        if (!state.Connections.TryGetValue(e.Connection, out var connection))
            return (state, []);
        if (e.IsSuperseded && IsToBeHeld(state, connection))
            return (state.WithoutCarrier(e.Connection), [new MoqEffect.Hold(connection.Session, e.Connection), new MoqEffect.ForgetConnection(e.Connection)]);
        var next = state.WithoutConnection(e.Connection);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(3);
        var stage = state.Sessions[connection.Session].Stage;
        var isLast = !next.Sessions.TryGetValue(connection.Session, out var left);
        if (!isLast && stage != SessionStage.Over)
            effects.Add(new MoqEffect.Leave(connection.Session, e.Connection, Main(next, left!)));
        else if (isLast && stage == SessionStage.Open)
            effects.Add(new MoqEffect.ReportClosed(connection.Session, e.Connection));
        else if (isLast && stage == SessionStage.Undecided)
            effects.Add(new MoqEffect.ReportUndecidedClosed(connection.Session, e.Connection));
        effects.Add(new MoqEffect.ForgetConnection(e.Connection));
        if (isLast)
            effects.Add(new MoqEffect.ForgetSession(connection.Session));
        return (next, effects.ToImmutable());
    }

    /// <summary>
    /// The peer has the connection that this side dials, and closed its own for it; here the dial's result may come a moment later than that end. The session waits for it.
    /// </summary>
    private static bool IsToBeHeld(MoqState state, ConnectionEntry connection) =>
        !state.IsClosed && !connection.IsOutbound && state.Dials.ContainsKey(connection.Peer)
        && state.SessionWith(connection.Peer) == connection.Session && state.Sessions[connection.Session].Connections.Count == 1;

    /// <summary>A dial has brought nothing: the session that was held for it is over.</summary>
    private static MoqState EndHeld(MoqState state, EndpointId peer, ImmutableArray<MoqEffect>.Builder effects)
    {
        if (state.SessionWith(peer) is not { } session || !state.Sessions[session].Connections.IsEmpty)
            return state;
        effects.Add(new MoqEffect.ReportHeldClosed(session));
        effects.Add(new MoqEffect.ForgetSession(session));
        return state.WithoutHeld(peer, session);
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnSessionAccepted(MoqState state, MoqEvent.SessionAccepted e)
    {
        if (state.IsClosed || !state.Sessions.TryGetValue(e.Session, out var entry) || entry.Stage != SessionStage.Undecided)
            return (state, []);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>();
        return (Fulfil(Open(state, e.Session, effects), e.Session, entry.Peer, effects), effects.ToImmutable());
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnDecisionTimedOut(MoqState state, MoqEvent.DecisionTimedOut e) =>
        state.Sessions.TryGetValue(e.Session, out var entry) && entry.Stage == SessionStage.Undecided
            ? (state, [new MoqEffect.RefuseUndecided(e.Session)])
            : (state, []);

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnLeaseReturned(MoqState state, MoqEvent.LeaseReturned e)
    {
        if (!state.Sessions.TryGetValue(e.Session, out var entry) || entry.Leases == 0)
            return (state, []);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(1);
        return (LingerIfUnused(state, e.Session, entry with { Leases = entry.Leases - 1 }, effects), effects.ToImmutable());
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnLingerElapsed(MoqState state, MoqEvent.LingerElapsed e)
    {
        if (!state.Sessions.TryGetValue(e.Session, out var entry) || entry.Linger != e.Linger || !IsUnused(entry))
            return (state, []);
        // Whoever comes before its end has been reported dials afresh.
        return (state.WithCurrent(entry.Peer, null), [new MoqEffect.Close(e.Session, MoqErrorCode.Cancel, UnusedReason)]);
    }

    /// <summary>A session that nobody holds is closed after a while, unless its peer dialed as well.</summary>
    private static MoqState LingerIfUnused(MoqState state, long session, SessionEntry entry, ImmutableArray<MoqEffect>.Builder effects)
    {
        if (IsUnused(entry))
        {
            entry = entry with { Linger = entry.Linger + 1 };
            effects.Add(new MoqEffect.StartLinger(session, entry.Linger));
        }

        return state.WithSession(session, entry);
    }

    private static bool IsUnused(SessionEntry entry) => entry is { Leases: 0, IsWantedByPeer: false, Stage: SessionStage.Open };

    private static MoqState Establish(MoqState state, long connection, EndpointId peer, bool isOutbound, ImmutableArray<MoqEffect>.Builder effects)
    {
        effects.Add(new MoqEffect.Establish(connection, isOutbound));
        return Open(state.WithConnection(connection, isOutbound, connection, new SessionEntry(peer, isOutbound, SessionStage.Undecided, [])), connection, effects);
    }

    /// <summary>The steps of a new session: what it takes the place of is told to be over, what is published is announced on it, and it is opened.</summary>
    private static MoqState Open(MoqState state, long session, ImmutableArray<MoqEffect>.Builder effects)
    {
        var entry = state.Sessions[session];
        state = EndOthers(state, entry.Peer, session, effects);
        foreach (var broadcast in state.Broadcasts)
            effects.Add(new MoqEffect.Announce(session, broadcast.Value));
        effects.Add(new MoqEffect.Open(session));
        return state.WithSession(session, entry with { Stage = SessionStage.Open }).WithCurrent(entry.Peer, session);
    }

    /// <summary>
    /// Who waits for a dial to that peer has its session now. The dial goes on: if each of two peers that dial one another gave up its own dial for the other's, none would be left.
    /// </summary>
    private static MoqState Fulfil(MoqState state, long session, EndpointId peer, ImmutableArray<MoqEffect>.Builder effects) =>
        state.Dials.TryGetValue(peer, out var dial)
            ? Complete(state with { Dials = state.Dials.SetItem(peer, dial with { Waiters = [] }) }, session, dial.Waiters, effects)
            : state;

    /// <summary>What else is open with that peer is told to be over before its successor opens: superseded, or found closed before it could report its end.</summary>
    private static MoqState EndOthers(MoqState state, EndpointId peer, long session, ImmutableArray<MoqEffect>.Builder effects)
    {
        state = EndHeld(state, peer, effects);
        var current = state.SessionWith(peer);
        foreach (var connection in state.Peers[peer].Connections)
        {
            var number = state.Connections[connection].Session;
            var other = state.Sessions[number];
            if (number == session || other.Stage != SessionStage.Open)
                continue;
            if (number == current)
            {
                effects.Add(new MoqEffect.ReportSuperseded(number));
                foreach (var carrier in other.Connections)
                    effects.Add(new MoqEffect.Retire(carrier));
            }
            else
            {
                effects.Add(new MoqEffect.ReportClosed(number, connection));
            }

            state = state.WithSession(number, other with { Stage = SessionStage.Over });
        }

        return state;
    }

    /// <summary>A connection from the other side carries the session as well; of the two one stays.</summary>
    private static MoqState Join(MoqState state, long session, long connection, bool isOutbound, ImmutableArray<MoqEffect>.Builder effects)
    {
        state = state.WithConnection(connection, isOutbound, session, state.Sessions[session]);
        var entry = state.Sessions[session];
        var main = Main(state, entry);
        effects.Add(new MoqEffect.Join(session, connection, main));
        foreach (var other in entry.Connections)
        {
            if (other != main && state.Connections[other].IsOutbound && !state.Connections[main].IsOutbound)
                effects.Add(new MoqEffect.Retire(other));
        }

        return state;
    }

    /// <summary>The connection that stays: dialed by the smaller id, and of several the newest.</summary>
    private static long Main(MoqState state, SessionEntry entry)
    {
        var isOurs = state.Terms.Self < entry.Peer;
        var main = entry.Connections.Max;
        foreach (var connection in entry.Connections)
        {
            if (state.Connections[connection].IsOutbound == isOurs)
                main = connection;
        }

        return main;
    }

    private static long? Undecided(MoqState state, EndpointId peer)
    {
        if (state.Peers.TryGetValue(peer, out var entry))
        {
            foreach (var connection in entry.Connections)
            {
                var session = state.Connections[connection].Session;
                if (state.Sessions[session].Stage == SessionStage.Undecided)
                    return session;
            }
        }

        return null;
    }
}
