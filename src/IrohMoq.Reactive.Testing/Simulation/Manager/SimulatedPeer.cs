namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents one instance of a peer, from its start to its shutdown or kill: its manager, its published broadcasts, its sessions, and its
/// observers.
/// </summary>
internal sealed class SimulatedPeer
{
    private readonly Random _random;
    private readonly SortedSet<BroadcastPath> _live = [];

    /// <summary>Initializes a new instance and starts its manager.</summary>
    /// <param name="world">The scenario.</param>
    /// <param name="name">The name of the peer.</param>
    /// <param name="restart">The number of times that the peer has been started before.</param>
    /// <param name="start">The function that starts the manager with the specified logger and admission policy.</param>
    public SimulatedPeer(ManagerScenario world, string name, int restart, Func<PeerLogger, Func<EndpointId, bool>, Moq> start)
    {
        World = world;
        Name = name;
        _random = new Random(world.Network.Seed.Number($"decisions of {name} {restart}"));
        Logger = new PeerLogger(world.Log, name, skipIsExpected: world.Options.Harsh);
        Admission = new Admission(this);
        Moq = start(Logger, Admission.Admit);
        Endpoint = world.Network.EndpointOf(Moq);
        world.Names.Add(Endpoint.Id, name);
        Observers.Add(new SessionObserver(this, 0, OnOpened));
        Observe("closures", Moq.SessionClosures(), OnClosed);
        Observe("broadcasts", Moq.BroadcastEvents(), OnBroadcast);
        Observe("incoming", Moq.IncomingSessions(onSkipped: missed => Write("incoming", $"skipped {missed}")), Decide);
    }

    public ManagerScenario World { get; }

    public string Name { get; }

    public Moq Moq { get; }

    public InMemoryEndpoint Endpoint { get; }

    public PeerLogger Logger { get; }

    /// <summary>Gets the admission policy of the peer.</summary>
    public Admission Admission { get; }

    /// <summary>Gets or sets a value that indicates whether the peer was shut down or killed.</summary>
    public bool IsGone { get; set; }

    /// <summary>
    /// Gets a value that indicates whether an observer of the peer has skipped items. Afterwards its observers do not know all sessions.
    /// </summary>
    public bool HasSkipped => Logger.HasSkipped;

    /// <summary>Gets or sets a value that indicates whether the peer serves requests for broadcasts.</summary>
    public bool OffersBroadcasts { get; set; }

    /// <summary>Gets the maximum number of sessions of the peer; null if the limit is so high that it is never reached.</summary>
    public int? MaxSessions { get; init; }

    /// <summary>Gets the observers of the sessions of the peer. The first observer has subscribed before any session opened.</summary>
    public List<SessionObserver> Observers { get; } = [];

    /// <summary>Gets the session handles that later steps may close or release.</summary>
    public List<MoqSession> Held { get; } = [];

    /// <summary>Gets the broadcasts that the peer publishes, by name.</summary>
    public SortedDictionary<BroadcastPath, SimulatedBroadcast> Published { get; } = [];

    /// <summary>Gets the broadcasts that the peer has withdrawn. They have not ended, but must not be visible to other peers.</summary>
    public List<SimulatedBroadcast> Withdrawn { get; } = [];

    /// <summary>Gets the cancellation sources of the calls that wait for a session, newest last.</summary>
    public List<CancellationTokenSource> Callers { get; } = [];

    /// <summary>Gets the cancellation sources of the track readers of the peer.</summary>
    public List<CancellationTokenSource> Readers { get; } = [];

    /// <summary>Gets the subscriptions of the peer to announcements, <c>Reconnect</c> and <c>Connect</c>.</summary>
    public List<PeerSubscription> Subscriptions { get; } = [];

    /// <summary>Gets the broadcasts of other peers of which a reader of this peer skips old groups, or once did.</summary>
    public HashSet<(SimulatedPeer Publisher, BroadcastPath Path)> ReadInPart { get; } = [];

    /// <summary>Gets the open sessions of the peer with running peers.</summary>
    public IEnumerable<(MoqSession Session, SimulatedPeer Other)> OpenSessions =>
        from session in Observers[0].Open
        from other in World.Running
        where other.Endpoint.Id == session.RemoteId
        select (session, other);

    /// <summary>Disposes all broadcasts of the peer, published and withdrawn.</summary>
    public void EndBroadcasts()
    {
        foreach (var broadcast in Published.Values.Concat(Withdrawn))
            broadcast.Dispose();
        Published.Clear();
        Withdrawn.Clear();
    }

    public void Write(string stream, string what) => World.Log.Write(Name, "delivery", $"{stream}: {what}");

    /// <summary>Subscribes to a stream, and writes its end to the trace.</summary>
    public IDisposable Observe<T>(string stream, IObservable<T> source, Action<T> onNext) => source.Subscribe(
        onNext,
        fault => Write(stream, $"failed: {fault.GetType().Name} {fault.Message}"),
        () => Write(stream, "complete"));

    private void OnClosed(SessionClosed closed) =>
        Write("closures", $"{World.Names.NameOf(closed.RemoteId)} {closed.Cause} {closed.Code.Value} '{closed.Reason}'");

    /// <summary>
    /// Checks that the begin and end events of a broadcast name alternate. If a broadcast is replaced, the end of the old broadcast is
    /// reported first.
    /// </summary>
    private void OnBroadcast(BroadcastEvent happened)
    {
        Write("broadcasts", $"{happened.Name} {happened.Change}{(happened.EndedBy is { } by ? $" by {by}" : "")}");
        if (happened.Change == BroadcastChange.Ended ? _live.Remove(happened.Name) : _live.Add(happened.Name))
            return;
        var expected = $"{Name} sees the beginnings and ends of {happened.Name} in turns";
        World.Log.ReportViolation(ManagerInvariants.OpenedFirst, expected, $"{happened.Change} comes twice");
    }

    private void Decide(IncomingSession incoming)
    {
        var from = World.Names.NameOf(incoming.RemoteId);
        if (_random.Next(16) == 0)
        {
            Write("incoming", $"{from} rejected: {incoming.Reject()}");
            return;
        }

        if (_random.Next(16) == 0)
        {
            Write("incoming", $"{from} undecided");
            return;
        }

        var session = incoming.Accept();
        var isHeld = _random.Next(2) == 0;
        Write("incoming", $"{from} accepted{(isHeld ? " and held" : "")}");
        if (isHeld)
            Held.Add(session);
    }

    private void OnOpened(MoqSession session)
    {
        Admission.OnOpened(session);
        var from = World.Names.NameOf(session.RemoteId);
        var active = new SortedSet<BroadcastPath>();
        Observe($"announced by {from}", session.Announcements(), announcement =>
        {
            Write($"announced by {from}", $"{announcement.Path} {(announcement.IsActive ? "begins" : "ends")}");
            if (announcement.IsActive ? active.Add(announcement.Path) : active.Remove(announcement.Path))
                return;
            World.Log.ReportViolation(
                ManagerInvariants.OpenedFirst,
                $"{Name} sees the beginnings and ends of {announcement.Path} of {from} in turns",
                announcement.IsActive ? "it begins twice" : "it ends before it began");
        });
    }
}
