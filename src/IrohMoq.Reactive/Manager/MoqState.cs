using System.Collections.Immutable;

namespace IrohMoq.Reactive.Manager;

/// <summary>
/// The state of the manager, as a value. Sessions, connections, broadcasts, dials and callers are numbers here; the rooms that carry
/// effects out know the objects. Every collection is ordered, so that two runs enumerate alike.
/// </summary>
/// <param name="Config">The settings of the reducer.</param>
/// <param name="IsClosed">True after the shutdown was requested: nothing new is accepted, and what is left ends.</param>
/// <param name="Connections">Every connection that carries a session and has not reported its end, by its number.</param>
/// <param name="Candidates">
/// Connections of peers that have a session already and have not shown yet that they use the new connection; each with its peer.
/// </param>
/// <param name="Sessions">Every session that has a connection, or is parked until a dial ends, by its number.</param>
/// <param name="Peers">Every peer that has such a session.</param>
/// <param name="Broadcasts">The published broadcasts, by name.</param>
/// <param name="Dials">The dials in flight, by peer.</param>
internal sealed record MoqState(
    ReducerConfig Config,
    bool IsClosed,
    ImmutableSortedDictionary<long, ConnectionEntry> Connections,
    ImmutableSortedDictionary<long, PeerKey> Candidates,
    ImmutableSortedDictionary<long, SessionEntry> Sessions,
    ImmutableSortedDictionary<PeerKey, PeerEntry> Peers,
    ImmutableSortedDictionary<BroadcastPath, long> Broadcasts,
    ImmutableSortedDictionary<PeerKey, DialEntry> Dials)
{
    /// <summary>Gets a value indicating whether the shutdown is complete: every connection and dial has reported its end.</summary>
    public bool IsOver => IsClosed && Connections.IsEmpty && Candidates.IsEmpty && Dials.IsEmpty;

    /// <summary>Gets a value indicating whether the maximum number of connections and dials is reached.</summary>
    public bool IsFull => Connections.Count + Candidates.Count + Dials.Count >= Config.Connections;

    public static MoqState Empty(ReducerConfig config) => new(
        config,
        false,
        ImmutableSortedDictionary<long, ConnectionEntry>.Empty,
        ImmutableSortedDictionary<long, PeerKey>.Empty,
        ImmutableSortedDictionary<long, SessionEntry>.Empty,
        ImmutableSortedDictionary<PeerKey, PeerEntry>.Empty,
        ImmutableSortedDictionary<BroadcastPath, long>.Empty,
        ImmutableSortedDictionary<PeerKey, DialEntry>.Empty);

    /// <summary>Returns the session that a caller who asks for this peer gets, or null.</summary>
    public long? SessionWith(PeerKey peer) => Peers.TryGetValue(peer, out var entry) ? entry.Session : null;

    /// <summary>Returns the number of connections with a peer.</summary>
    public int ConnectionsWith(PeerKey peer) =>
        (Peers.TryGetValue(peer, out var entry) ? entry.Connections.Count : 0) + Candidates.Count(candidate => candidate.Value == peer);

    /// <summary>
    /// Determines whether a connection that the peer dialed carries its current session, or one that waits for the application's decision.
    /// </summary>
    public bool HasDialed(PeerKey peer) => Peers.TryGetValue(peer, out var entry) && entry.Connections.Any(number =>
        Connections[number] is { IsOutbound: false, Session: var session }
            && (session == entry.Session || Sessions[session].Stage == SessionStage.Undecided));

    /// <summary>Removes a connection from the candidates.</summary>
    public MoqState WithoutCandidate(long connection) => this with { Candidates = Candidates.Remove(connection) };

    /// <summary>Adds a connection to a session.</summary>
    public MoqState WithConnection(long connection, bool isOutbound, long session, SessionEntry entry) => this with
    {
        Connections = Connections.Add(connection, new ConnectionEntry(entry.Peer, isOutbound, session)),
        Sessions = Sessions.SetItem(
            session,
            entry with { Connections = entry.Connections.Add(connection), IsWantedByPeer = entry.IsWantedByPeer || !isOutbound }),
        Peers = Peers.SetItem(
            entry.Peer,
            Peers.TryGetValue(entry.Peer, out var peer)
                ? peer with { Connections = peer.Connections.Add(connection) }
                : new PeerEntry(null, [connection])),
    };

    /// <summary>Removes a connection and keeps its session, even if that has no connection now.</summary>
    public MoqState WithoutConnectionOf(long connection)
    {
        var (peerId, _, session) = Connections[connection];
        return this with
        {
            Connections = Connections.Remove(connection),
            Sessions = Sessions.SetItem(session, Sessions[session] with { Connections = Sessions[session].Connections.Remove(connection) }),
            Peers = Peers.SetItem(peerId, Peers[peerId] with { Connections = Peers[peerId].Connections.Remove(connection) }),
        };
    }

    /// <summary>Removes a session that has no connection.</summary>
    public MoqState WithoutParked(PeerKey peer, long session) => this with
    {
        Sessions = Sessions.Remove(session),
        Peers = Peers[peer].Connections.IsEmpty ? Peers.Remove(peer) : Peers.SetItem(peer, Peers[peer] with { Session = null }),
    };

    /// <summary>Removes a connection, and its session with it if that has no other one.</summary>
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

    /// <summary>Sets the session that a caller who asks for this peer gets; null for none.</summary>
    public MoqState WithCurrent(PeerKey peer, long? session) =>
        Peers.TryGetValue(peer, out var entry) ? this with { Peers = Peers.SetItem(peer, entry with { Session = session }) } : this;

    public MoqState WithSession(long session, SessionEntry entry) => this with { Sessions = Sessions.SetItem(session, entry) };
}

/// <summary>The settings of the reducer.</summary>
/// <param name="Self">This endpoint's id, which decides between two connections that two peers dialed at once.</param>
/// <param name="Connections">The maximum number of connections with all peers together, dials in flight included.</param>
/// <param name="ConnectionsPerPeer">The maximum number of connections with one peer.</param>
/// <param name="RequireAccept">True if a peer that dials sees nothing before the application has accepted it.</param>
internal readonly record struct ReducerConfig(EndpointId Self, int Connections, int ConnectionsPerPeer, bool RequireAccept = false);

/// <summary>A connection that has not reported its end.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="IsOutbound">True if this side dialed.</param>
/// <param name="Session">The session that it carries.</param>
internal readonly record struct ConnectionEntry(PeerKey Peer, bool IsOutbound, long Session);

/// <summary>A dial in flight.</summary>
/// <param name="Dial">The dial's number.</param>
/// <param name="Callers">
/// The callers that wait for it, in the order in which they came; none if the peer's own connection came first.
/// </param>
internal sealed record DialEntry(long Dial, ImmutableSortedSet<long> Callers);

/// <summary>A peer with a connection, or with a session that is parked.</summary>
/// <param name="Session">The session that a caller gets, or null.</param>
/// <param name="Connections">Its connections, the newest last.</param>
internal sealed record PeerEntry(long? Session, ImmutableSortedSet<long> Connections);

/// <summary>A session with a peer. Its number is that of its first connection.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="IsOutbound">True if this side's dial opened it.</param>
/// <param name="Stage">The stage of its life.</param>
/// <param name="Connections">Its connections: usually one, two while one replaces the other, none while it is parked.</param>
internal sealed record SessionEntry(PeerKey Peer, bool IsOutbound, SessionStage Stage, ImmutableSortedSet<long> Connections)
{
    /// <summary>
    /// Gets a value indicating whether the peer dialed as well: then the callers of this side do not decide alone how long it lives.
    /// </summary>
    public bool IsWantedByPeer { get; init; }

    /// <summary>
    /// Gets a value indicating whether the application has taken a handle although the peer dialed: then its handles decide how long it
    /// lives.
    /// </summary>
    public bool IsTaken { get; init; }

    /// <summary>Gets the number of handles that the application holds.</summary>
    public int Leases { get; init; }

    /// <summary>Gets the number of the newest linger. A linger of another number is out of date.</summary>
    public long Linger { get; init; }

    /// <summary>Returns the session with one more handle; a linger that runs is out of date then.</summary>
    public SessionEntry Leased() => this with { Leases = Leases + 1, Linger = Linger + 1 };
}

/// <summary>The stage of a session's life.</summary>
internal enum SessionStage
{
    /// <summary>A peer dialed and the application has not decided yet: the session is offered and nothing else.</summary>
    Undecided,

    /// <summary>The application has rejected the session before it was opened.</summary>
    Rejected,

    /// <summary>The session is announced to, reported to observers, and handed out to callers.</summary>
    Open,

    /// <summary>This side has closed the session, and its end is not reported yet. Callers do not get it any more.</summary>
    Closing,

    /// <summary>The session's end has been reported; its connections have still to report theirs.</summary>
    Over,
}

/// <summary>The reason why a caller is refused without a dial.</summary>
internal enum CallerRefusal
{
    /// <summary>The manager has been shut down.</summary>
    ShutDown,

    /// <summary>The maximum number of sessions is reached.</summary>
    TooManySessions,
}
