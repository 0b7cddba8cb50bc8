using System.Globalization;
using System.Text;
using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>
/// Records which kinds of events have happened in which shapes of state. A shape is the part of the state that the rules read: the
/// entries of the peer of the event, without their numbers.
/// </summary>
internal sealed class ReducerCoverage
{
    private readonly SortedDictionary<string, (MoqState State, PeerKey Peer, SortedDictionary<string, int> Events)> _shapes =
        new(StringComparer.Ordinal);

    public static IReadOnlyList<string> Kinds { get; } =
    [
        .. typeof(MoqEvent).GetNestedTypes(System.Reflection.BindingFlags.NonPublic)
            .Select(static type => type.Name)
            .Order(StringComparer.Ordinal),
    ];

    public int Shapes => _shapes.Count;

    public int Pairs => _shapes.Values.Sum(static shape => shape.Events.Count);

    public void Add(MoqState state, MoqEvent happened)
    {
        foreach (var peer in PeerOf(state, happened) is { } one ? [one] : new PeerKey[] { Peers.Id(1), Peers.Id(9) })
        {
            var shape = ShapeOf(state, peer);
            if (!_shapes.TryGetValue(shape, out var known))
                _shapes.Add(shape, known = (state, peer, new SortedDictionary<string, int>(StringComparer.Ordinal)));
            known.Events[happened.GetType().Name] = known.Events.GetValueOrDefault(happened.GetType().Name) + 1;
        }
    }

    /// <summary>
    /// Reduces the events that the programs have not reached in a shape: an event about that peer, late or without an effect.
    /// </summary>
    public void Complete()
    {
        foreach (var (shape, (state, peer, events)) in _shapes)
        {
            foreach (var kind in Kinds.Where(kind => !events.ContainsKey(kind)))
            {
                var (after, effects) = MoqReducer.Reduce(state, Make(kind, state, peer));
                Assert.That(
                    effects.Select(static effect => effect.GetType().Name).Where(static name => name is "Open" or "Create"),
                    Is.Unique,
                    $"{kind} in {shape}");
                Assert.That(
                    after.IsClosed, Is.EqualTo(state.IsClosed || kind is "ShutdownRequested" or "EndpointEnded"), $"{kind} in {shape}");
                Assert.That(
                    () => ReducerModel.Consistent(after),
                    Throws.Nothing,
                    $"{Make(kind, state, peer)} in {shape}: {string.Join(", ", state.Connections)}; {string.Join(", ", state.Candidates)}");
                events[kind] = 0;
            }
        }
    }

    /// <summary>
    /// Returns a row for each shape with the number of times that each event happened in it; 0 is an event that was reduced beside the
    /// programs.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder("columns: ").AppendJoin(' ', Kinds.Select(static (kind, i) => $"{i}={kind}")).AppendLine();
        foreach (var (shape, entry) in _shapes)
        {
            text.Append(shape.PadRight(44));
            foreach (var kind in Kinds)
                text.Append(CultureInfo.InvariantCulture, $"{entry.Events.GetValueOrDefault(kind, -1),7}");
            text.AppendLine();
        }

        return text.ToString();
    }

    private static PeerKey? PeerOf(MoqState state, MoqEvent happened) => happened switch
    {
        MoqEvent.ConnectRequested e => e.Remote.Id,
        MoqEvent.ConnectCanceled e => e.Peer,
        MoqEvent.DialSucceeded e => e.Peer,
        MoqEvent.DialFailed e => e.Peer,
        MoqEvent.ConnectionArrived e => e.Peer,
        MoqEvent.ConnectionEnded e when state.Connections.TryGetValue(e.Connection, out var connection) => connection.Peer,
        MoqEvent.ConnectionEnded e when state.Candidates.TryGetValue(e.Connection, out var peer) => peer,
        MoqEvent.StreamArrived e when state.Candidates.TryGetValue(e.Connection, out var peer) => peer,
        MoqEvent.CandidateTimedOut e when state.Candidates.TryGetValue(e.Connection, out var peer) => peer,
        MoqEvent.PeerGoingAway e when state.Connections.TryGetValue(e.Connection, out var connection) => connection.Peer,
        MoqEvent.SessionGoingAway e when state.Sessions.TryGetValue(e.Session, out var session) => session.Peer,
        MoqEvent.SessionAccepted e when state.Sessions.TryGetValue(e.Session, out var session) => session.Peer,
        MoqEvent.DecisionTimedOut e when state.Sessions.TryGetValue(e.Session, out var session) => session.Peer,
        MoqEvent.SessionClosing e when state.Sessions.TryGetValue(e.Session, out var session) => session.Peer,
        MoqEvent.LeaseTaken e when state.Sessions.TryGetValue(e.Session, out var session) => session.Peer,
        MoqEvent.ReadingBegan e when state.Sessions.TryGetValue(e.Session, out var session) => session.Peer,
        MoqEvent.LeaseReturned e when state.Sessions.TryGetValue(e.Session, out var session) => session.Peer,
        MoqEvent.LingerElapsed e when state.Sessions.TryGetValue(e.Session, out var session) => session.Peer,
        _ => null,
    };

    private static string ShapeOf(MoqState state, PeerKey peer)
    {
        var shape = new StringBuilder(state.IsClosed ? "shut down" : "running");
        shape.Append(peer.IsGreaterThan(state.Config.Self) ? ", ours stays" : ", theirs stays");
        if (state.Dials.TryGetValue(peer, out var dial))
            shape.Append(dial.Callers.IsEmpty ? ", dial" : ", dial awaited");
        if (state.Peers.TryGetValue(peer, out var entry))
        {
            var sessions = state.Sessions.Where(session => session.Value.Peer == peer)
                .Select(session => session.Key)
                .Select(number => (Number: number, Session: state.Sessions[number]))
                .ToArray();
            var words = sessions.Select(one => Word(state, one.Session, isCurrent: one.Number == entry.Session));
            foreach (var word in words.Distinct().Order(StringComparer.Ordinal))
                shape.Append(", ").Append(word);
        }

        if (state.Candidates.Any(candidate => candidate.Value == peer))
            shape.Append(", candidate");
        return shape.ToString();
    }

    private static string Word(MoqState state, SessionEntry session, bool isCurrent)
    {
        if (session.Stage != SessionStage.Open)
            return session.Stage.ToString();
        Assert.That(isCurrent, Is.True, "an open session is the one that callers get");
        if (session.Connections.IsEmpty)
            return "parked";
        var directions = session.Connections.Select(connection => state.Connections[connection].IsOutbound).Distinct().ToArray();
        var carried = directions.Length == 2 ? "both" : directions[0] ? "out" : "in";
        return $"open {carried}{(session.Leases > 0 ? " held" : "")}";
    }

    private static MoqEvent Make(string kind, MoqState state, PeerKey peer)
    {
        var connection = state.Peers.TryGetValue(peer, out var entry) && !entry.Connections.IsEmpty ? entry.Connections.Max : 1;
        var candidate = state.Candidates.Where(candidate => candidate.Value == peer)
            .Select(static candidate => candidate.Key)
            .FirstOrDefault(1);
        var session = state.SessionWith(peer) ?? (state.Connections.TryGetValue(connection, out var carried) ? carried.Session : 1);
        var dial = state.Dials.TryGetValue(peer, out var running) ? running.Dial : 2;
        var address = new EndpointAddr(peer == Peers.Id(1) ? Peers.Id(1) : Peers.Id(9));
        return kind switch
        {
            nameof(MoqEvent.ConnectRequested) => new MoqEvent.ConnectRequested(1_000_001, 1_000_002, address),
            nameof(MoqEvent.ConnectCanceled) => new MoqEvent.ConnectCanceled(running?.Callers.Min ?? 1, peer),
            nameof(MoqEvent.DialSucceeded) => new MoqEvent.DialSucceeded(dial, peer, 1_000_003),
            nameof(MoqEvent.DialFailed) => new MoqEvent.DialFailed(dial, peer),
            nameof(MoqEvent.ConnectionArrived) => new MoqEvent.ConnectionArrived(1_000_003, peer),
            nameof(MoqEvent.ConnectionEnded) => new MoqEvent.ConnectionEnded(connection),
            nameof(MoqEvent.StreamArrived) => new MoqEvent.StreamArrived(candidate),
            nameof(MoqEvent.CandidateTimedOut) => new MoqEvent.CandidateTimedOut(candidate),
            nameof(MoqEvent.PeerGoingAway) => new MoqEvent.PeerGoingAway(connection, 1_000_005),
            nameof(MoqEvent.SessionGoingAway) => new MoqEvent.SessionGoingAway(session),
            nameof(MoqEvent.SessionAccepted) => new MoqEvent.SessionAccepted(session),
            nameof(MoqEvent.DecisionTimedOut) => new MoqEvent.DecisionTimedOut(session),
            nameof(MoqEvent.SessionClosing) => new MoqEvent.SessionClosing(session),
            nameof(MoqEvent.LeaseTaken) => new MoqEvent.LeaseTaken(session),
            nameof(MoqEvent.ReadingBegan) => new MoqEvent.ReadingBegan(session),
            nameof(MoqEvent.LeaseReturned) => new MoqEvent.LeaseReturned(session),
            nameof(MoqEvent.LingerElapsed) => new MoqEvent.LingerElapsed(session, 1),
            nameof(MoqEvent.BroadcastPublished) => new MoqEvent.BroadcastPublished(1_000_004, "a"),
            nameof(MoqEvent.BroadcastEnded) => new MoqEvent.BroadcastEnded(1_000_004, "a", BroadcastEndedBy.Producer),
            nameof(MoqEvent.ShutdownRequested) => new MoqEvent.ShutdownRequested(),
            nameof(MoqEvent.EndpointEnded) => new MoqEvent.EndpointEnded(),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind of event that this test cannot make."),
        };
    }
}
