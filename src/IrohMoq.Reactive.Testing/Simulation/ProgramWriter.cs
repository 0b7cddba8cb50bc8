namespace IrohMoq.Reactive.Testing;

/// <summary>Writes a random program. All of it is drawn before anything runs, so that a step that is left out shifts no other one.</summary>
internal sealed class ProgramWriter
{
    private const int NamesPerPeer = 3;
    private const int HarshPause = 4;

    private static readonly (StepKind Kind, int Weight)[] Weights =
    [
        (StepKind.Dial, 14), (StepKind.Meet, 5), (StepKind.GiveUp, 3),
        (StepKind.Publish, 10), (StepKind.Unpublish, 3), (StepKind.EndBroadcast, 2), (StepKind.Write, 22),
        (StepKind.Follow, 16), (StepKind.Leave, 2), (StepKind.Close, 5), (StepKind.GiveBack, 4),
        (StepKind.Cut, 4), (StepKind.Heal, 4), (StepKind.Kill, 1), (StepKind.ShutDown, 1), (StepKind.Restart, 3),
        (StepKind.Watch, 2), (StepKind.Unwatch, 1),
    ];

    // What is published lives longer than elsewhere: readers need time to fall behind.
    private static readonly (StepKind Kind, int Weight)[] HarshWeights =
    [
        (StepKind.Dial, 5), (StepKind.Meet, 1), (StepKind.GiveUp, 1),
        (StepKind.Publish, 7), (StepKind.Unpublish, 1), (StepKind.EndBroadcast, 1), (StepKind.Write, 8), (StepKind.Pour, 20),
        (StepKind.Read, 34), (StepKind.Follow, 3), (StepKind.Leave, 4), (StepKind.Close, 1), (StepKind.GiveBack, 1),
        (StepKind.Cut, 1), (StepKind.Heal, 6), (StepKind.Kill, 1), (StepKind.ShutDown, 1), (StepKind.Restart, 3),
        (StepKind.Watch, 1), (StepKind.Unwatch, 1), (StepKind.Observe, 2),
    ];

    private readonly (StepKind Kind, int Weight)[] _weights;
    private readonly int _allWeights;
    private readonly int _peers;
    private readonly TimeSpan _pause;
    private readonly Random _kinds;
    private readonly Random _whom;
    private readonly Random _values;
    private readonly Random _pauses;
    private readonly List<(int, int)> _pairs = [];
    private readonly List<(int, int)> _cuts = [];
    private readonly List<(int Peer, int Name)> _published = [];
    private readonly SortedSet<int> _gone = [];

    private ProgramWriter(Seed seed, int peers, TimeSpan pause, bool isHarsh)
    {
        _weights = isHarsh ? HarshWeights : Weights;
        _allWeights = _weights.Sum(static entry => entry.Weight);
        _peers = peers;
        _pause = isHarsh ? HarshPause * pause : pause;
        _kinds = new Random(seed.Number("program kinds"));
        _whom = new Random(seed.Number("program peers"));
        _values = new Random(seed.Number("program values"));
        _pauses = new Random(seed.Number("program pauses"));
    }

    /// <summary>The name that a step is about, among those of one publisher: the rest of its value says how.</summary>
    public static int NameIn(int value) => value % NamesPerPeer;

    public static ProgramStep[] Write(Seed seed, int peers, int steps, TimeSpan pause, bool isHarsh)
    {
        var writer = new ProgramWriter(seed, peers, pause, isHarsh);
        return [.. Enumerable.Range(0, steps).Select(_ => writer.Next())];
    }

    private ProgramStep Next()
    {
        var kind = NextKind();
        var (peer, other) = kind switch
        {
            StepKind.Restart => (_gone.ElementAt(_whom.Next(_gone.Count)), 0),
            StepKind.Heal => _cuts[_whom.Next(_cuts.Count)],
            StepKind.GiveUp => _pairs[^1],
            _ => NextPair(),
        };
        var isHarsh = _weights == HarshWeights;
        var value = kind is StepKind.Follow || (kind is StepKind.Publish && !isHarsh) ? _values.Next(NamesPerPeer) : _values.Next(1000);
        // Mostly somebody writes who has published, and what was published is read.
        if (_published.Count > 0 && _whom.Next(4) > 0)
        {
            var (publisher, name) = _published[_whom.Next(_published.Count)];
            if (kind is StepKind.Write or StepKind.Pour or StepKind.Unpublish or StepKind.EndBroadcast && !_gone.Contains(publisher))
                peer = publisher;
            else if (kind == StepKind.Follow && publisher != peer)
                (other, value) = (publisher, name);
            else if (kind == StepKind.Read && publisher != peer)
                (other, value) = (publisher, value - NameIn(value) + name);
        }

        Note(kind, peer, other, value);
        return new ProgramStep(kind, peer, other, value, NextPause());
    }

    private void Note(StepKind kind, int peer, int other, int value)
    {
        switch (kind)
        {
            case StepKind.Dial or StepKind.Meet or StepKind.Follow or StepKind.Read:
                _pairs.Add((peer, other));
                break;
            case StepKind.Publish:
                _published.Add((peer, NameIn(value)));
                break;
            case StepKind.Cut:
                _cuts.Add((peer, other));
                break;
            case StepKind.Heal:
                _cuts.Remove((peer, other));
                break;
            case StepKind.Kill or StepKind.ShutDown:
                _gone.Add(peer);
                _published.RemoveAll(published => published.Peer == peer);
                break;
            case StepKind.Restart:
                _gone.Remove(peer);
                break;
        }
    }

    private StepKind NextKind()
    {
        while (true)
        {
            var drawn = _kinds.Next(_allWeights);
            var kind = _weights.First(entry => (drawn -= entry.Weight) < 0).Kind;
            var isPossible = kind switch
            {
                StepKind.Kill or StepKind.ShutDown => _peers - _gone.Count > 2,
                StepKind.Restart => _gone.Count > 0,
                StepKind.Heal => _cuts.Count > 0,
                StepKind.GiveUp => _pairs.Count > 0,
                _ => true,
            };
            if (isPossible)
                return kind;
        }
    }

    /// <summary>Mostly two who know each other, or little would happen among many; the first is there, the second may be gone.</summary>
    private (int Peer, int Other) NextPair()
    {
        if (_pairs.Count > 0 && _whom.Next(5) < 3)
        {
            var (a, b) = _pairs[_whom.Next(_pairs.Count)];
            var known = _whom.Next(3) == 0 ? (b, a) : (a, b);
            if (!_gone.Contains(known.Item1))
                return known;
        }

        int peer;
        do
            peer = _whom.Next(_peers);
        while (_gone.Contains(peer));
        var other = _whom.Next(_peers - 1);
        return (peer, other < peer ? other : other + 1);
    }

    private TimeSpan NextPause() => _pauses.Next(20) switch
    {
        < 7 => TimeSpan.Zero,
        < 18 => _pause * _pauses.NextDouble(),
        _ => _pause * 20 * _pauses.NextDouble(),
    };
}
