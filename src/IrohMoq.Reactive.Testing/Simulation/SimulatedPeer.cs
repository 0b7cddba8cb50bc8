
namespace IrohMoq.Reactive.Testing;

/// <summary>One life of a peer: its manager, what it has published, the sessions it holds, and all who observe it.</summary>
internal sealed class SimulatedPeer
{
    private readonly Journal _journal;
    private readonly Random _chance;
    private readonly SortedSet<BroadcastPath> _live = [];

    public SimulatedPeer(string name, InMemoryNetwork network, Journal journal, MoqOptions options, int life)
    {
        Name = name;
        _journal = journal;
        _chance = new Random(network.Seed.Number($"decisions of {name} {life}"));
        Moq = network.AddPeer(name, options);
        Endpoint = network.EndpointOf(Moq);
        journal.Know(Endpoint.Id, name);
        Watchers.Add(new SessionWatcher(journal, name, 0, Moq, FollowAnnouncements));
        Moq.SessionClosures().Subscribe(
            closed => Told("closures", $"{journal.NameOf(closed.RemoteId)} {closed.Cause} {closed.Code.Value} '{closed.Reason}'"),
            fault => Told("closures", $"failed: {fault.GetType().Name} {fault.Message}"),
            () => Told("closures", "complete"));
        Moq.BroadcastEvents().Subscribe(
            Lives,
            fault => Told("broadcasts", $"failed: {fault.GetType().Name} {fault.Message}"),
            () => Told("broadcasts", "complete"));
        Moq.IncomingSessions(onSkipped: missed => Told("incoming", $"missed {missed}")).Subscribe(
            Decide,
            fault => Told("incoming", $"failed: {fault.GetType().Name} {fault.Message}"),
            () => Told("incoming", "complete"));
    }

    public string Name { get; }

    public Moq Moq { get; }

    public InMemoryEndpoint Endpoint { get; }

    /// <summary>It was shut down or killed.</summary>
    public bool IsGone { get; set; }

    /// <summary>Its observers; the first has been there from the beginning.</summary>
    public List<SessionWatcher> Watchers { get; } = [];

    /// <summary>Sessions that it may close or give back.</summary>
    public List<MoqSession> Held { get; } = [];

    /// <summary>What it publishes, by name.</summary>
    public SortedDictionary<BroadcastPath, LiveBroadcast> Published { get; } = [];

    /// <summary>What it has taken back; the broadcasts themselves live on, and nobody may see them.</summary>
    public List<LiveBroadcast> TakenBack { get; } = [];

    /// <summary>Callers that wait for a session, the last one last.</summary>
    public List<CancellationTokenSource> Callers { get; } = [];

    /// <summary>Readers of tracks.</summary>
    public List<CancellationTokenSource> Readers { get; } = [];

    /// <summary>Ends the peer's broadcasts, which outlive no peer.</summary>
    public void EndBroadcasts()
    {
        foreach (var broadcast in Published.Values.Concat(TakenBack))
            broadcast.Dispose();
        Published.Clear();
        TakenBack.Clear();
    }

    /// <summary>A name is announced, then replaced any number of times, each time after the end of what had it, then ended.</summary>
    private void Lives(BroadcastEvent happened)
    {
        Told("broadcasts", $"{happened.Name} {happened.Change}{(happened.EndedBy is { } by ? $" by {by}" : "")}");
        if (!(happened.Change == BroadcastChange.Ended ? _live.Remove(happened.Name) : _live.Add(happened.Name)))
            _journal.Violated(Invariant.OpenedFirst, $"{Name} is told in turns that {happened.Name} lives and ends", $"{happened.Change} comes twice");
    }

    private void Decide(IncomingSession incoming)
    {
        var from = _journal.NameOf(incoming.RemoteId);
        if (_chance.Next(16) == 0)
        {
            Told("incoming", $"{from} rejected: {incoming.Reject()}");
            return;
        }

        if (_chance.Next(16) == 0)
        {
            Told("incoming", $"{from} undecided");
            return;
        }

        var session = incoming.Accept();
        var isHeld = _chance.Next(2) == 0;
        Told("incoming", $"{from} accepted{(isHeld ? " and held" : "")}");
        if (isHeld)
            Held.Add(session);
    }

    private void FollowAnnouncements(MoqSession session)
    {
        var from = _journal.NameOf(session.RemoteId);
        var active = new SortedSet<BroadcastPath>();
        session.Announcements().Subscribe(
            announcement =>
            {
                Told($"announced by {from}", $"{announcement.Path} {(announcement.IsActive ? "begins" : "ends")}");
                if (!(announcement.IsActive ? active.Add(announcement.Path) : active.Remove(announcement.Path)))
                    _journal.Violated(Invariant.OpenedFirst, $"{Name} is told in turns that {announcement.Path} of {from} begins and ends", announcement.IsActive ? "it begins twice" : "it ends before it began");
            },
            fault => Told($"announced by {from}", $"failed: {fault.GetType().Name} {fault.Message}"),
            () => Told($"announced by {from}", "complete"));
    }

    private void Told(string stream, string what) => _journal.Write(Name, "delivery", $"{stream}: {what}");
}
