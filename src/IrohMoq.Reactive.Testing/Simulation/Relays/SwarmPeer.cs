namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents one instance of a peer of a <see cref="RelayScenario"/>, from its start to its shutdown or kill: its manager, its links to
/// the peers that it reads from, what it publishes or forwards, and its open sessions.
/// </summary>
internal sealed class SwarmPeer
{
    private readonly Dictionary<EndpointId, (MoqSession Session, TimeSpan Since)> _open = [];
    private readonly HashSet<BroadcastPath> _published = [];
    private bool _isOver;

    /// <summary>Initializes a new instance and starts its manager.</summary>
    /// <param name="world">The scenario.</param>
    /// <param name="number">The number of the peer.</param>
    /// <param name="start">The function that starts the manager with the specified logger.</param>
    public SwarmPeer(RelayScenario world, int number, Func<PeerLogger, Moq> start)
    {
        World = world;
        Number = number;
        Name = world.Swarm.NameOf(number);
        Moq = start(new PeerLogger(world.Log, Name, skipIsExpected: false));
        Endpoint = world.Network.EndpointOf(Moq);
        world.Names.Add(Endpoint.Id, Name);
        Moq.SessionEvents().Subscribe(OnSession, fault => End($"failed: {fault.GetType().Name} {fault.Message}"), () => End("complete"));
        if (world.Swarm.IsRelay(number))
            Forwardings = [.. Swarm.BroadcastNames.Select(name => Forwarding.Create(this, name))];
    }

    public RelayScenario World { get; }

    public int Number { get; }

    public string Name { get; }

    public Moq Moq { get; }

    public InMemoryEndpoint Endpoint { get; }

    /// <summary>Gets or sets a value that indicates whether the peer was shut down or killed.</summary>
    public bool IsGone { get; set; }

    /// <summary>Gets a value that indicates whether the stream of sessions has ended.</summary>
    public bool IsOver => _isOver;

    /// <summary>Gets the links to the peers that the peer reads from.</summary>
    public List<UpstreamLink> Links { get; } = [];

    /// <summary>Gets what the peer forwards, one for each name; empty if the peer is no relay.</summary>
    public IReadOnlyList<Forwarding> Forwardings { get; } = [];

    /// <summary>Gets the broadcasts that the peer publishes, by name.</summary>
    public SortedDictionary<BroadcastPath, SimulatedBroadcast> Published { get; } = [];

    /// <summary>Gets the broadcasts that the peer has withdrawn. They have not ended.</summary>
    public List<SimulatedBroadcast> Withdrawn { get; } = [];

    /// <summary>Gets the open sessions of the peer, in the order of the names of their peers.</summary>
    public IReadOnlyList<MoqSession> Sessions =>
        [.. _open.OrderBy(entry => World.Names.NameOf(entry.Key), StringComparer.Ordinal).Select(static entry => entry.Value.Session)];

    /// <summary>Determines whether the peer of a session tells of all groups of a live track that it does not send.</summary>
    public static bool TellsOfDrops(MoqSession session) => session.Protocol is not ("moq-lite-03" or "moq-lite-04");

    /// <summary>Lets the peer maintain a session with a peer that it reads from.</summary>
    public void LinkTo(SwarmPeer upstream)
    {
        Links.RemoveAll(static link => link.IsOver);
        if (!IsLinkedTo(upstream.Number))
            Links.Add(new UpstreamLink(this, upstream));
    }

    /// <summary>Returns a value that indicates whether the peer maintains a session with another one.</summary>
    public bool IsLinkedTo(int upstream) => Links.Exists(link => !link.IsOver && link.Upstream == upstream);

    /// <summary>Returns the open session with another peer; null if there is none.</summary>
    public MoqSession? SessionWith(SwarmPeer other) =>
        _open.TryGetValue(other.Endpoint.Id, out var entry) ? entry.Session : null;

    /// <summary>Returns the time at which the open session with another peer has opened; null if there is none.</summary>
    public TimeSpan? OpenSince(SwarmPeer other) => _open.TryGetValue(other.Endpoint.Id, out var entry) ? entry.Since : null;

    /// <summary>Records that a name is published, and returns false if the peer has published it before.</summary>
    public bool IsFirst(BroadcastPath name) => _published.Add(name);

    /// <summary>Ends the links of the peer, what it forwards, and its broadcasts, published and withdrawn.</summary>
    public void EndAll()
    {
        foreach (var link in Links)
            link.Dispose();
        foreach (var forwarding in Forwardings)
            forwarding.Dispose();
        foreach (var broadcast in Published.Values.Concat(Withdrawn))
            broadcast.Dispose();
        Published.Clear();
        Withdrawn.Clear();
    }

    public void Write(string stream, string what) => World.Log.Write(Name, "delivery", $"{stream}: {what}");

    private void OnSession(SessionEvent change)
    {
        var other = World.Names.NameOf(change.RemoteId);
        if (!World.Swarm.IsReader(Number))
            World.Ways.OnRoutesChanged();
        if (change.IsOpening)
        {
            Write("sessions", $"{other} opens, {change.Session.Protocol}");
            _open[change.RemoteId] = (change.Session, World.Now);
            return;
        }

        Write("sessions", $"{other} closes, {change.Closed!.Cause} {change.Closed.Code.Value}");
        if (_open.TryGetValue(change.RemoteId, out var entry) && entry.Session == change.Session)
            _open.Remove(change.RemoteId);
    }

    private void End(string how)
    {
        _isOver = true;
        Write("sessions", how);
    }
}
