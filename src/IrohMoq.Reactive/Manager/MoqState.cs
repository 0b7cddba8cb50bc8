using System.Collections.Immutable;

namespace IrohMoq.Reactive.Manager;

/// <summary>
/// Represents the state of the manager, as a value. Sessions, connections, broadcasts, dials and callers are represented by numbers;
/// the classes that carry out the effects map the numbers to objects. Every collection is ordered, so that enumeration is
/// deterministic.
/// </summary>
/// <param name="Config">The settings of the reducer.</param>
/// <param name="IsClosed">True after the shutdown was requested: no new work is accepted, and everything that remains ends.</param>
/// <param name="Connections">The connections that carry a session and have not reported their ends, by number.</param>
/// <param name="Candidates">
/// The connections of peers that already have a session and have not yet used the new connection; with the peer of each, by number.
/// </param>
/// <param name="Sessions">The sessions that have a connection or are parked until a dial ends, by number.</param>
/// <param name="Peers">The peers that have such a session.</param>
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

    /// <summary>Returns the session that new requests for the peer receive, or null if there is none.</summary>
    public long? SessionWith(PeerKey peer) => Peers.TryGetValue(peer, out var entry) ? entry.Session : null;

    /// <summary>Returns the number of connections with a peer, including candidates.</summary>
    public int ConnectionsWith(PeerKey peer) =>
        (Peers.TryGetValue(peer, out var entry) ? entry.Connections.Count : 0) + Candidates.Count(candidate => candidate.Value == peer);

    /// <summary>
    /// Determines whether a connection that the peer dialed carries the peer's current session, or one that waits to be accepted by the
    /// application.
    /// </summary>
    public bool HasDialed(PeerKey peer) => Peers.TryGetValue(peer, out var entry) && entry.Connections.Any(number =>
        Connections[number] is { IsOutbound: false, IsLeft: false, Session: var session }
            && (session == entry.Session || Sessions[session].Stage == SessionStage.Undecided));

    /// <summary>Returns a copy of the state from which the specified candidate connection is removed.</summary>
    public MoqState WithoutCandidate(long connection) => this with { Candidates = Candidates.Remove(connection) };

    /// <summary>Returns the state with a connection added to a session.</summary>
    public MoqState WithConnection(long connection, bool isOutbound, long session, SessionEntry entry) => this with
    {
        Connections = Connections.Add(connection, new ConnectionEntry(entry.Peer, isOutbound, session)),
        Sessions = Sessions.SetItem(
            session,
            entry with
                {
                    Connections = entry.Connections.Add(connection),
                    IsMoving = false,
                    IsWantedByPeer = entry.IsWantedByPeer || !isOutbound,
                }),
        Peers = Peers.SetItem(
            entry.Peer,
            Peers.TryGetValue(entry.Peer, out var peer)
                ? peer with { Connections = peer.Connections.Add(connection) }
                : new PeerEntry(null, [connection])),
    };

    /// <summary>
    /// Determines whether a session has no connection that stays: one side has asked the other one to leave each of them.
    /// </summary>
    public bool IsLeaving(SessionEntry session) =>
        session.Connections.IsEmpty ? session.IsMoving : session.Connections.All(connection => Connections[connection].IsLeaving);

    /// <summary>Returns the state in which one side has asked the other one to leave a connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isAsked">True if the peer has asked this side.</param>
    public MoqState WithLeaving(long connection, bool isAsked) => this with
    {
        Connections = Connections.SetItem(
            connection, Connections[connection] with { IsLeaving = true, IsAsked = Connections[connection].IsAsked || isAsked }),
    };

    /// <summary>Returns the state without a connection. The session is kept, even if it has no connection left.</summary>
    public MoqState WithoutConnectionOf(long connection)
    {
        var (peerId, _, session) = Connections[connection];
        var entry = Sessions[session];
        return this with
        {
            Connections = Connections.Remove(connection),
            Sessions = Sessions.SetItem(
                session, entry with { Connections = entry.Connections.Remove(connection), IsMoving = IsLeaving(entry) }),
            Peers = Peers.SetItem(peerId, Peers[peerId] with { Connections = Peers[peerId].Connections.Remove(connection) }),
        };
    }

    /// <summary>Returns the state without a session that has no connection.</summary>
    public MoqState WithoutParked(PeerKey peer, long session) => this with
    {
        Sessions = Sessions.Remove(session),
        Peers = Peers[peer].Connections.IsEmpty ? Peers.Remove(peer) : Peers.SetItem(peer, Peers[peer] with { Session = null }),
    };

    /// <summary>Returns the state without a connection. The session is removed too if it has no other connection.</summary>
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

    /// <summary>Returns the state with another session for new requests for the peer; null for none.</summary>
    public MoqState WithCurrent(PeerKey peer, long? session) =>
        Peers.TryGetValue(peer, out var entry) ? this with { Peers = Peers.SetItem(peer, entry with { Session = session }) } : this;

    public MoqState WithSession(long session, SessionEntry entry) => this with { Sessions = Sessions.SetItem(session, entry) };
}

/// <summary>Represents the settings of the reducer.</summary>
/// <param name="Self">
/// The ID of this endpoint, which decides between two connections if two peers dial each other at the same time.
/// </param>
/// <param name="Connections">The maximum number of connections with all peers together, including running dials.</param>
/// <param name="ConnectionsPerPeer">The maximum number of connections with one peer.</param>
/// <param name="RequireAccept">True if the application must accept a peer that dials before anything is announced to the peer.</param>
internal readonly record struct ReducerConfig(EndpointId Self, int Connections, int ConnectionsPerPeer, bool RequireAccept = false);

/// <summary>Represents a connection that carries a session and has not reported its end.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="IsOutbound">True if this side dialed.</param>
/// <param name="Session">The session that the connection carries.</param>
internal readonly record struct ConnectionEntry(PeerKey Peer, bool IsOutbound, long Session)
{
    /// <summary>Gets a value indicating whether one side has asked the other one to leave the connection.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Gets a value indicating whether the peer has asked this side to leave the connection.</summary>
    public bool IsAsked { get; init; }

    /// <summary>
    /// Gets a value indicating whether only this side has asked the peer to leave the connection, so that the peer may dial again.
    /// </summary>
    public bool IsLeft => IsLeaving && !IsAsked;
}

/// <summary>Represents a running dial.</summary>
/// <param name="Dial">The dial's number.</param>
/// <param name="Callers">
/// The callers that wait for the dial, in the order of their requests; empty if a connection that the peer dialed was established
/// first.
/// </param>
internal sealed record DialEntry(long Dial, ImmutableSortedSet<long> Callers)
{
    /// <summary>
    /// Gets a value indicating whether a session needs the connection, because the peer has asked this side to leave the former one. Such a
    /// dial continues without callers.
    /// </summary>
    public bool IsMove { get; init; }

    /// <summary>Gets the path and the role that this side states, or null for the default ones.</summary>
    public SessionRequest? Request { get; init; }

    /// <summary>Determines whether the dial leads to what a caller requests; a caller that requests nothing takes any session.</summary>
    public bool Serves(SessionRequest? request) => request is null || request == (Request ?? SessionRequest.Default);
}

/// <summary>Represents a peer that has a connection or a parked session.</summary>
/// <param name="Session">The session that new requests for the peer receive, or null.</param>
/// <param name="Connections">The connections of the peer, the newest last.</param>
internal sealed record PeerEntry(long? Session, ImmutableSortedSet<long> Connections);

/// <summary>Represents a session with a peer. The number of the session is the number of its first connection.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="IsOutbound">True if a dial of this side created the session.</param>
/// <param name="Stage">The stage of the session's life cycle.</param>
/// <param name="Connections">
/// The connections of the session: usually one, two while one replaces the other, none while it is parked.
/// </param>
internal sealed record SessionEntry(PeerKey Peer, bool IsOutbound, SessionStage Stage, ImmutableSortedSet<long> Connections)
{
    /// <summary>
    /// Gets a value indicating whether the peer also dialed. Such a session is not closed just because this side has no handle of it.
    /// </summary>
    public bool IsWantedByPeer { get; init; }

    /// <summary>
    /// Gets a value indicating whether the application has created a handle of a session although the peer dialed. Such a session is
    /// closed when this side has no handle of it any more.
    /// </summary>
    public bool IsTaken { get; init; }

    /// <summary>
    /// Gets a value indicating whether the session lost its last connection after one side had asked the other one to leave it. Callers do
    /// not receive the session until it has another one.
    /// </summary>
    public bool IsMoving { get; init; }

    /// <summary>
    /// Gets the path and the role that this side has stated when it dialed, or null for the default ones. A session that only the peer has
    /// dialed has none.
    /// </summary>
    public SessionRequest? Request { get; init; }

    /// <summary>Determines whether the session is what a caller requests; a caller that requests nothing takes any session.</summary>
    public bool Serves(SessionRequest? request) => request is null || request == (Request ?? SessionRequest.Default);

    /// <summary>Gets the number of handles that the application holds, and of tracks that are read by name.</summary>
    public int Leases { get; init; }

    /// <summary>Gets the number of the latest linger timer. A timer with another number is out of date.</summary>
    public long Linger { get; init; }

    /// <summary>Returns the session with one more lease. A running linger timer becomes out of date.</summary>
    public SessionEntry Leased() => this with { Leases = Leases + 1, Linger = Linger + 1 };
}

/// <summary>Specifies the stage of a session's life cycle.</summary>
internal enum SessionStage
{
    /// <summary>
    /// A peer dialed, and the application has not decided yet. The session is offered to the application, but not served.
    /// </summary>
    Undecided,

    /// <summary>The application rejected the session before it was opened.</summary>
    Rejected,

    /// <summary>The session is open: broadcasts are announced on it, observers were notified, and callers receive it.</summary>
    Open,

    /// <summary>This side has closed the session, and its end is not reported yet. Callers do not receive the session any more.</summary>
    Closing,

    /// <summary>The end of the session was reported, but its connections have not reported their ends yet.</summary>
    Over,
}

/// <summary>Specifies why a request for a session is refused without a dial.</summary>
internal enum CallerRefusal
{
    /// <summary>The manager has been shut down.</summary>
    ShutDown,

    /// <summary>The maximum number of sessions is reached.</summary>
    TooManySessions,

    /// <summary>There is a session with the peer, or a dial, with another path or role.</summary>
    OtherRequest,
}
