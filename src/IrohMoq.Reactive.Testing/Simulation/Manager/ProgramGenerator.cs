namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Generates a random program. All random choices are made before the program runs, so that removing a step does not change the other
/// steps.
/// </summary>
internal sealed class ProgramGenerator
{
    private const int NamesPerPeer = 3;
    private const int HarshPause = 4;

    private static readonly (ManagerAction Kind, int Weight)[] Weights =
    [
        (ManagerAction.Dial, 14), (ManagerAction.DialBoth, 5), (ManagerAction.CancelDial, 3),
        (ManagerAction.Publish, 10), (ManagerAction.Unpublish, 3), (ManagerAction.EndBroadcast, 2), (ManagerAction.Write, 22),
        (ManagerAction.Follow, 16), (ManagerAction.CancelReader, 2), (ManagerAction.Close, 5), (ManagerAction.Release, 4),
        (ManagerAction.Cut, 4), (ManagerAction.Heal, 4), (ManagerAction.Kill, 1), (ManagerAction.ShutDown, 1), (ManagerAction.Restart, 3),
        (ManagerAction.Observe, 2), (ManagerAction.Unobserve, 1), (ManagerAction.GoAway, 4),
    ];

    // Broadcasts live longer than in a simulation that is not harsh, because readers need time to fall behind.
    private static readonly (ManagerAction Kind, int Weight)[] HarshWeights =
    [
        (ManagerAction.Dial, 5), (ManagerAction.DialBoth, 2), (ManagerAction.CancelDial, 1),
        (ManagerAction.Publish, 7), (ManagerAction.Unpublish, 1), (ManagerAction.EndBroadcast, 1),
        (ManagerAction.Write, 8), (ManagerAction.WriteMany, 20), (ManagerAction.Read, 34), (ManagerAction.Follow, 3),
        (ManagerAction.CancelReader, 4), (ManagerAction.Close, 1), (ManagerAction.Release, 1),
        (ManagerAction.Cut, 1), (ManagerAction.Heal, 6), (ManagerAction.Kill, 1), (ManagerAction.ShutDown, 1), (ManagerAction.Restart, 3),
        (ManagerAction.Observe, 1), (ManagerAction.Unobserve, 1), (ManagerAction.ObserveFaultily, 3),
        (ManagerAction.ObserveAnnouncements, 2), (ManagerAction.Reconnect, 3), (ManagerAction.Connect, 2), (ManagerAction.Unsubscribe, 2),
        (ManagerAction.Admit, 2), (ManagerAction.GoAway, 4),
    ];

    private static readonly (ManagerAction Kind, int Weight)[] MixedHarshWeights =
    [
        .. HarshWeights, (ManagerAction.UpdateReader, 6), (ManagerAction.Fetch, 5), (ManagerAction.Request, 4),
        (ManagerAction.RequestBroadcast, 4),
    ];

    private readonly (ManagerAction Kind, int Weight)[] _weights;
    private readonly bool _isHarsh;
    private readonly int _allWeights;
    private readonly int _peers;
    private readonly Random _kinds;
    private readonly Random _peerNumbers;
    private readonly Random _values;
    private readonly Pauses _pauses;
    private readonly List<(int, int)> _pairs = [];
    private readonly List<(int, int)> _cuts = [];
    private readonly List<(int Peer, int Name)> _published = [];
    private readonly SortedSet<int> _gone = [];

    private ProgramGenerator(Seed seed, int peers, TimeSpan pause, bool isHarsh, bool isMixed)
    {
        _isHarsh = isHarsh;
        _weights = !isHarsh ? Weights : isMixed ? MixedHarshWeights : HarshWeights;
        _allWeights = _weights.Sum(static entry => entry.Weight);
        _peers = peers;
        _pauses = new Pauses(seed, isHarsh ? HarshPause * pause : pause);
        _kinds = new Random(seed.Number("program kinds"));
        _peerNumbers = new Random(seed.Number("program peers"));
        _values = new Random(seed.Number("program values"));
    }

    /// <summary>Returns the number of the broadcast name, among the names of one publisher, that a step value selects.</summary>
    public static int NameIn(int value) => value % NamesPerPeer;

    public static ProgramStep[] Generate(Seed seed, int peers, int steps, TimeSpan pause, bool isHarsh, bool isMixed)
    {
        var generator = new ProgramGenerator(seed, peers, pause, isHarsh, isMixed);
        return [.. Enumerable.Range(0, steps).Select(_ => generator.Next())];
    }

    private ManagerStep Next()
    {
        var kind = NextKind();
        var (peer, other) = kind switch
        {
            ManagerAction.Restart => (_gone.ElementAt(_peerNumbers.Next(_gone.Count)), 0),
            ManagerAction.Heal => _cuts[_peerNumbers.Next(_cuts.Count)],
            ManagerAction.CancelDial => _pairs[^1],
            _ => NextPair(),
        };
        var value = kind is ManagerAction.Follow || (kind is ManagerAction.Publish && !_isHarsh)
            ? _values.Next(NamesPerPeer)
            : _values.Next(1000);
        // In most cases, the writing peer is one that has published a broadcast, and the broadcast to read is one that was published.
        if (_published.Count > 0 && _peerNumbers.Next(4) > 0)
        {
            var (publisher, name) = _published[_peerNumbers.Next(_published.Count)];
            if (kind is ManagerAction.Write or ManagerAction.WriteMany or ManagerAction.Unpublish or ManagerAction.EndBroadcast
                && !_gone.Contains(publisher))
                peer = publisher;
            else if (kind == ManagerAction.Follow && publisher != peer)
                (other, value) = (publisher, name);
            else if (kind is ManagerAction.Read or ManagerAction.Fetch or ManagerAction.Request && publisher != peer)
                (other, value) = (publisher, value - NameIn(value) + name);
        }

        Note(kind, peer, other, value);
        return new ManagerStep(kind, peer, other, value, _pauses.Next());
    }

    private void Note(ManagerAction kind, int peer, int other, int value)
    {
        switch (kind)
        {
            case ManagerAction.Dial or ManagerAction.DialBoth or ManagerAction.Follow or ManagerAction.Read:
                _pairs.Add((peer, other));
                break;
            case ManagerAction.Publish:
                _published.Add((peer, NameIn(value)));
                break;
            case ManagerAction.Cut:
                _cuts.Add((peer, other));
                break;
            case ManagerAction.Heal:
                _cuts.Remove((peer, other));
                break;
            case ManagerAction.Kill or ManagerAction.ShutDown:
                _gone.Add(peer);
                _published.RemoveAll(published => published.Peer == peer);
                break;
            case ManagerAction.Restart:
                _gone.Remove(peer);
                break;
        }
    }

    private ManagerAction NextKind()
    {
        while (true)
        {
            var drawn = _kinds.Next(_allWeights);
            var kind = _weights.First(entry => (drawn -= entry.Weight) < 0).Kind;
            var isPossible = kind switch
            {
                ManagerAction.Kill or ManagerAction.ShutDown => _peers - _gone.Count > 2,
                ManagerAction.Restart => _gone.Count > 0,
                ManagerAction.Heal => _cuts.Count > 0,
                ManagerAction.CancelDial => _pairs.Count > 0,
                _ => true,
            };
            if (isPossible)
                return kind;
        }
    }

    /// <summary>
    /// Chooses two peers, in most cases a pair that was chosen before, because otherwise few pairs of many peers would interact repeatedly.
    /// The first peer is running; the second may be killed or shut down.
    /// </summary>
    private (int Peer, int Other) NextPair()
    {
        if (_pairs.Count > 0 && _peerNumbers.Next(5) < 3)
        {
            var (a, b) = _pairs[_peerNumbers.Next(_pairs.Count)];
            var known = _peerNumbers.Next(3) == 0 ? (b, a) : (a, b);
            if (!_gone.Contains(known.Item1))
                return known;
        }

        int peer;
        do
            peer = _peerNumbers.Next(_peers);
        while (_gone.Contains(peer));
        var other = _peerNumbers.Next(_peers - 1);
        return (peer, other < peer ? other : other + 1);
    }
}
