using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// All that the manager knows, as a value. Sessions, connections, broadcasts, dials and waiters are numbers here; the objects behind them are the shell's. Everything that is enumerated is ordered, so that two runs enumerate alike.
/// </summary>
/// <param name="Terms">What the rules are told once.</param>
/// <param name="IsClosed">True after shutdown: nothing new is taken, and what is left comes to its end.</param>
/// <param name="Connections">Every connection that carries a session and has not reported its end, by its number.</param>
/// <param name="Candidates">Connections of peers that have a session already, and have not shown yet that they mean the new one; each with its peer.</param>
/// <param name="Sessions">Every session that has a connection, or is held for one that is being dialed, by its number.</param>
/// <param name="Peers">Every peer that has such a session.</param>
/// <param name="Broadcasts">What is published, by name.</param>
/// <param name="Dials">Dials in flight, by peer.</param>
internal sealed record MoqState(
    MoqTerms Terms,
    bool IsClosed,
    ImmutableSortedDictionary<long, ConnectionEntry> Connections,
    ImmutableSortedDictionary<long, EndpointId> Candidates,
    ImmutableSortedDictionary<long, SessionEntry> Sessions,
    ImmutableSortedDictionary<EndpointId, PeerEntry> Peers,
    ImmutableSortedDictionary<BroadcastPath, long> Broadcasts,
    ImmutableSortedDictionary<EndpointId, DialEntry> Dials)
{
    /// <summary>True when everything is over after shutdown.</summary>
    public bool IsOver => IsClosed && Connections.IsEmpty && Candidates.IsEmpty && Dials.IsEmpty;

    /// <summary>True if there are as many connections and dials as there may be.</summary>
    public bool IsFull => Connections.Count + Candidates.Count + Dials.Count >= Terms.Connections;

    public static MoqState Empty(MoqTerms terms) => new(
        terms,
        false,
        ImmutableSortedDictionary<long, ConnectionEntry>.Empty,
        ImmutableSortedDictionary<long, EndpointId>.Empty,
        ImmutableSortedDictionary<long, SessionEntry>.Empty,
        ImmutableSortedDictionary<EndpointId, PeerEntry>.Empty,
        ImmutableSortedDictionary<BroadcastPath, long>.Empty,
        ImmutableSortedDictionary<EndpointId, DialEntry>.Empty);

    /// <summary>The session that a caller who wants one with that peer gets, or null.</summary>
    public long? SessionWith(EndpointId peer) => Peers.TryGetValue(peer, out var entry) ? entry.Session : null;

    /// <summary>How many connections there are with a peer.</summary>
    public int ConnectionsWith(EndpointId peer) => (Peers.TryGetValue(peer, out var entry) ? entry.Connections.Count : 0) + Candidates.Count(candidate => candidate.Value == peer);

    /// <summary>True if a connection that the peer has dialed carries a session with it, or one that waits for a decision.</summary>
    public bool HasDialed(EndpointId peer) => Peers.TryGetValue(peer, out var entry) && entry.Connections.Any(number =>
        Connections[number] is { IsOutbound: false, Session: var session } && (session == entry.Session || Sessions[session].Stage == SessionStage.Undecided));

    /// <summary>The connection is none of those that wait to carry something.</summary>
    public MoqState WithoutCandidate(long connection) => this with { Candidates = Candidates.Remove(connection) };

    /// <summary>A connection and the session that it carries.</summary>
    public MoqState WithConnection(long connection, bool isOutbound, long session, SessionEntry entry) => this with
    {
        Connections = Connections.Add(connection, new ConnectionEntry(entry.Peer, isOutbound, session)),
        Sessions = Sessions.SetItem(session, entry with { Connections = entry.Connections.Add(connection), IsWantedByPeer = entry.IsWantedByPeer || !isOutbound }),
        Peers = Peers.SetItem(
            entry.Peer,
            Peers.TryGetValue(entry.Peer, out var peer) ? peer with { Connections = peer.Connections.Add(connection) } : new PeerEntry(null, [connection])),
    };

    /// <summary>The connection is over; its session goes on, also if nothing carries it for now.</summary>
    public MoqState WithoutCarrier(long connection)
    {
        var (peerId, _, session) = Connections[connection];
        return this with
        {
            Connections = Connections.Remove(connection),
            Sessions = Sessions.SetItem(session, Sessions[session] with { Connections = Sessions[session].Connections.Remove(connection) }),
            Peers = Peers.SetItem(peerId, Peers[peerId] with { Connections = Peers[peerId].Connections.Remove(connection) }),
        };
    }

    /// <summary>A session that nothing carries is gone.</summary>
    public MoqState WithoutHeld(EndpointId peer, long session) => this with
    {
        Sessions = Sessions.Remove(session),
        Peers = Peers[peer].Connections.IsEmpty ? Peers.Remove(peer) : Peers.SetItem(peer, Peers[peer] with { Session = null }),
    };

    /// <summary>The connection is over; a session that nothing carries any more is gone with it.</summary>
    public MoqState WithoutConnection(long connection)
    {
        var (peerId, _, session) = Connections[connection];
        var peer = Peers[peerId] with { Connections = Peers[peerId].Connections.Remove(connection) };
        var entry = Sessions[session] with { Connections = Sessions[session].Connections.Remove(connection) };
        if (entry.Connections.IsEmpty && peer.Session == session)
            peer = peer with { Session = null };
        return this with
        {
            Connections = Connections.Remove(connection),
            Sessions = entry.Connections.IsEmpty ? Sessions.Remove(session) : Sessions.SetItem(session, entry),
            Peers = peer is { Session: null, Connections.IsEmpty: true } ? Peers.Remove(peerId) : Peers.SetItem(peerId, peer),
        };
    }

    /// <summary>From now on this session is the one that a caller gets; null for none.</summary>
    public MoqState WithCurrent(EndpointId peer, long? session) =>
        Peers.TryGetValue(peer, out var entry) ? this with { Peers = Peers.SetItem(peer, entry with { Session = session }) } : this;

    public MoqState WithSession(long session, SessionEntry entry) => this with { Sessions = Sessions.SetItem(session, entry) };
}
