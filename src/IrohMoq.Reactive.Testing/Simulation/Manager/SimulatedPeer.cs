namespace IrohMoq.Reactive.Testing;

/// <summary>
/// One run of a peer between its start and its end: its manager, what it has published, the sessions that it holds, and its observers.
/// </summary>
internal sealed class SimulatedPeer
{
    private readonly Random _random;
    private readonly SortedSet<BroadcastPath> _live = [];

    /// <param name="world">The scenario.</param>
    /// <param name="name">The name of the peer.</param>
    /// <param name="restart">How often the peer has been started before.</param>
    /// <param name="start">Starts the manager, with this log and admission policy.</param>
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

    /// <summary>Gets or sets whether it was shut down or killed.</summary>
    public bool IsGone { get; set; }

    /// <summary>Gets whether one of its observers has skipped items, which it does not know of all sessions after.</summary>
    public bool HasSkipped => Logger.HasSkipped;

    /// <summary>Gets or sets the most sessions that it may have; null if that is never reached.</summary>
    public int? MaxSessions { get; init; }

    /// <summary>Gets the observers of its sessions; the first has subscribed before any session opened.</summary>
    public List<SessionObserver> Observers { get; } = [];

    /// <summary>Gets the sessions that it may close or release.</summary>
    public List<MoqSession> Held { get; } = [];

    /// <summary>Gets what it publishes, by name.</summary>
    public SortedDictionary<BroadcastPath, SimulatedBroadcast> Published { get; } = [];

    /// <summary>Gets what it has withdrawn. The broadcasts have not ended, and no peer may see them.</summary>
    public List<SimulatedBroadcast> Withdrawn { get; } = [];

    /// <summary>Gets the cancellation sources of the calls that wait for a session, newest last.</summary>
    public List<CancellationTokenSource> Callers { get; } = [];

    /// <summary>Gets the readers of tracks.</summary>
    public List<CancellationTokenSource> Readers { get; } = [];

    /// <summary>Gets its subscriptions to announcements, <c>Reconnect</c> and <c>Connect</c>.</summary>
    public List<PeerSubscription> Subscriptions { get; } = [];

    /// <summary>Gets its open sessions with peers that are running.</summary>
    public IEnumerable<(MoqSession Session, SimulatedPeer Other)> OpenSessions =>
        from session in Observers[0].Open
        from other in World.Running
        where other.Endpoint.Id == session.RemoteId
        select (session, other);

    /// <summary>Ends the broadcasts of the peer.</summary>
    public void EndBroadcasts()
    {
        foreach (var broadcast in Published.Values.Concat(Withdrawn))
            broadcast.Dispose();
        Published.Clear();
        Withdrawn.Clear();
    }

    public void Write(string stream, string what) => World.Log.Write(Name, "delivery", $"{stream}: {what}");

    /// <summary>Subscribes to a stream, whose end is traced.</summary>
    public IDisposable Observe<T>(string stream, IObservable<T> source, Action<T> onNext) => source.Subscribe(
        onNext,
        fault => Write(stream, $"failed: {fault.GetType().Name} {fault.Message}"),
        () => Write(stream, "complete"));

    private void OnClosed(SessionClosed closed) =>
        Write("closures", $"{World.Names.NameOf(closed.RemoteId)} {closed.Cause} {closed.Code.Value} '{closed.Reason}'");

    /// <summary>A name is announced, then replaced any number of times, each time after the end of the old broadcast, then ended.</summary>
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
