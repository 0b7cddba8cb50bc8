using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>
/// Represents the environment of the reducer in a random program: dials that run, open connections, callers that wait and handles. It
/// draws the next event from a list of numbers, so that a shorter list is a smaller program, and passes every step to a <see
/// cref="ReducerModel"/>.
/// </summary>
internal sealed class ReducerWorld(ReducerConfig terms)
{
    private static readonly byte[] PeerNames = [1, 9];
    private static readonly BroadcastPath[] Names = ["a", "b"];

    private readonly List<(long Dial, PeerKey Peer)> _dials = [];
    private readonly List<(long Waiter, PeerKey Peer)> _waiters = [];
    private readonly List<long> _leases = [];
    private readonly List<MoqEvent.LingerElapsed> _lingers = [];
    private readonly List<long> _offered = [];
    private readonly List<long> _candidates = [];
    private readonly List<(long Broadcast, BroadcastPath Name)> _broadcasts = [];
    private readonly Queue<MoqEvent> _next = new();
    private readonly List<MoqEvent> _history = [];
    private long _numbers = 100;

    public MoqState State { get; private set; } = MoqState.Empty(terms);

    public ReducerModel Model { get; } = new();

    /// <summary>Gets or sets the action that is called with the state and the event before each step.</summary>
    public Action<MoqState, MoqEvent>? Stepping { get; init; }

    /// <exception cref="InvalidOperationException">Something did not hold; the message has the events that led to it.</exception>
    public void Run(IEnumerable<int> program)
    {
        try
        {
            foreach (var choice in program)
                Take(choice);
            Settle();
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{failure.Message}\nafter\n{string.Join('\n', _history)}", failure);
        }
    }

    private void Take(int choice)
    {
        if (Draw((uint)choice >> 1) is { } happened)
            Step(happened);
        // The event that an effect causes comes at once, or after another event.
        while (choice % 2 == 0 && _next.TryDequeue(out var caused))
            Step(caused);
    }

    /// <summary>Ends everything, and checks that nothing is left.</summary>
    private void Settle()
    {
        Step(new MoqEvent.ShutdownRequested());
        while (_next.TryDequeue(out var caused))
            Step(caused);
        foreach (var (dial, peer) in _dials.ToArray())
            Step(new MoqEvent.DialFailed(dial, peer));
        foreach (var connection in State.Connections.Keys.ToArray())
            Step(new MoqEvent.ConnectionEnded(connection));
        Model.ExpectNothingLeft(State);
    }

    private void Step(MoqEvent happened)
    {
        _history.Add(happened);
        Stepping?.Invoke(State, happened);
        Note(happened);
        var before = State;
        var (state, effects) = MoqReducer.Reduce(before, happened);
        State = state;
        foreach (var effect in effects)
            Carry(effect);
        Model.Observe(before, happened, state, effects);
    }

    private MoqEvent? Draw(uint choice)
    {
        var (kind, pick) = (choice % 19, (int)(choice / 19 % 4096));
        var peer = PeerNames[pick % PeerNames.Length];
        return kind switch
        {
            0 or 1 => new MoqEvent.ConnectRequested(++_numbers, ++_numbers, Peers.Addr(peer)),
            2 => _waiters.Count > 0
                ? Of(_waiters, pick, static w => new MoqEvent.ConnectCanceled(w.Waiter, w.Peer))
                : new MoqEvent.ConnectCanceled(-1, Peers.Id(peer)),
            3 or 4 => Of(_dials, pick, dial => new MoqEvent.DialSucceeded(dial.Dial, dial.Peer, ++_numbers)),
            5 => Of(_dials, pick, static dial => new MoqEvent.DialFailed(dial.Dial, dial.Peer)),
            6 => new MoqEvent.ConnectionArrived(++_numbers, Peers.Id(peer)),
            7 when pick % 4 < 2 => new MoqEvent.ConnectionArrived(++_numbers, Peers.Id(peer)),
            7 when pick % 4 == 2 => Of(_candidates, pick, static connection => new MoqEvent.CandidateTimedOut(connection)),
            7 => Of(_candidates, pick, static connection => new MoqEvent.StreamArrived(connection)),
            8 => Of(
                [.. State.Connections.Keys, .. State.Candidates.Keys],
                pick,
                connection => new MoqEvent.ConnectionEnded(connection, IsSuperseded: pick % 3 == 0)),
            9 => OnAnySession(pick, static session => new MoqEvent.SessionClosing(session)),
            16 => TakeLease(pick),
            17 => Of(
                [.. State.Connections.Keys],
                pick,
                connection => new MoqEvent.PeerGoingAway(connection, ++_numbers, "", MayMove: pick % 4 > 0)),
            18 => OnAnySession(pick, static session => new MoqEvent.SessionGoingAway(session)),
            10 => Of(_offered, pick, static session => new MoqEvent.SessionAccepted(session)),
            11 => Of(_offered, pick, static session => new MoqEvent.DecisionTimedOut(session)),
            12 => Of(_leases, pick, static session => new MoqEvent.LeaseReturned(session)),
            13 => Of(_lingers, pick, static linger => linger),
            14 => pick % 64 == 63 ? End(pick) : Publish(Names[pick % Names.Length]),
            _ => Of(_broadcasts, pick, static b => new MoqEvent.BroadcastEnded(b.Broadcast, b.Name, BroadcastEndedBy.Producer)),
        };
    }

    private static MoqEvent? Of<T>(IReadOnlyList<T> from, int pick, Func<T, MoqEvent> make) =>
        from.Count > 0 ? make(from[pick % from.Count]) : null;

    private static MoqEvent End(int pick) => pick % 128 < 64 ? new MoqEvent.ShutdownRequested() : new MoqEvent.EndpointEnded();

    private MoqEvent? OnAnySession(int pick, Func<long, MoqEvent> make) =>
        State.Sessions.Count > 0 ? make(State.Sessions.Keys.ElementAt(pick % State.Sessions.Count)) : null;

    /// <summary>The application takes a handle of a session, or begins to read from it.</summary>
    private MoqEvent? TakeLease(int pick) => OnAnySession(pick, session =>
    {
        _leases.Add(session);
        return pick / 7 % 3 == 0 ? new MoqEvent.ReadingBegan(session) : new MoqEvent.LeaseTaken(session);
    });

    private MoqEvent.BroadcastPublished Publish(BroadcastPath name)
    {
        _broadcasts.Add((++_numbers, name));
        return new MoqEvent.BroadcastPublished(_numbers, name);
    }

    private void Note(MoqEvent happened)
    {
        switch (happened)
        {
            case MoqEvent.ConnectRequested e when !_waiters.Contains((e.Caller, PeerKey.Of(e.Remote.Id))):
                _waiters.Add((e.Caller, e.Remote.Id));
                break;
            case MoqEvent.ConnectCanceled e:
                _waiters.Remove((e.Caller, e.Peer));
                break;
            case MoqEvent.DialSucceeded e:
                _dials.RemoveAll(dial => dial.Dial == e.Dial);
                break;
            case MoqEvent.DialFailed e:
                _dials.RemoveAll(dial => dial.Dial == e.Dial);
                break;
            case MoqEvent.LeaseReturned e:
                _leases.Remove(e.Session);
                break;
        }
    }

    private void Carry(MoqEffect effect)
    {
        switch (effect)
        {
            case DialEffect.Start e:
                _dials.Add((e.Dial, e.Remote.Id));
                break;
            case DialEffect.Repeat e:
                _dials.Add((e.Dial, State.Connections[e.Connection].Peer));
                break;
            case ReplyEffect.Complete e:
                Complete(e.Caller, e.Session);
                break;
            case ReplyEffect.Fail e:
                _waiters.RemoveAll(waiter => waiter.Waiter == e.Caller);
                break;
            case ReplyEffect.Refuse e:
                _waiters.RemoveAll(waiter => waiter.Waiter == e.Caller);
                break;
            case ConnectionEffect.AwaitStream e when e.Connection % 2 == 0:
                // A peer that uses the connection opens a stream at once.
                _next.Enqueue(new MoqEvent.StreamArrived(e.Connection));
                break;
            case ConnectionEffect.AwaitStream e:
                _candidates.Add(e.Connection);
                break;
            case SessionEffect.AwaitDecision e:
                _offered.Add(e.Session);
                break;
            case SessionEffect.StartLinger e:
                _lingers.Add(new MoqEvent.LingerElapsed(e.Session, e.Linger));
                break;
        }
    }

    private void Complete(long waiter, long session)
    {
        _leases.Add(session);
        // A caller that has stopped waiting returns its lease at once.
        if (_waiters.RemoveAll(known => known.Waiter == waiter) == 0)
            _next.Enqueue(new MoqEvent.LeaseReturned(session));
    }
}
