namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Generates a random program for a <see cref="RelayScenario"/>. All random choices are made before the program runs, so that removing a
/// step does not change the other steps.
/// </summary>
internal sealed class RelayProgram
{
    private static readonly (RelayAction Kind, int Weight)[] Weights =
    [
        (RelayAction.Read, 24), (RelayAction.Write, 14), (RelayAction.Restart, 10), (RelayAction.Heal, 8), (RelayAction.Publish, 5),
        (RelayAction.Close, 5), (RelayAction.GoAway, 5), (RelayAction.Cut, 5), (RelayAction.Link, 5), (RelayAction.Fetch, 4),
        (RelayAction.ShutDown, 3), (RelayAction.Kill, 3), (RelayAction.CancelReading, 3), (RelayAction.Silence, 3), (RelayAction.Resume, 4),
        (RelayAction.Unlink, 2), (RelayAction.Withdraw, 1), (RelayAction.EndBroadcast, 1), (RelayAction.ObserveRates, 3),
    ];

    private static readonly int AllWeights = Weights.Sum(static entry => entry.Weight);

    private readonly Swarm _swarm;
    private readonly Random _kinds;
    private readonly Random _peers;
    private readonly Random _values;
    private readonly Random _styles;
    private readonly Pauses _pauses;
    private readonly List<(int, int)> _cuts = [];
    private readonly SortedSet<int> _gone = [];

    private RelayProgram(Seed seed, Swarm swarm, TimeSpan pause)
    {
        _swarm = swarm;
        _pauses = new Pauses(seed, pause);
        _kinds = new Random(seed.Number("program kinds"));
        _peers = new Random(seed.Number("program peers"));
        _values = new Random(seed.Number("program values"));
        _styles = new Random(seed.Number("program styles"));
    }

    public static ProgramStep[] Generate(Seed seed, Swarm swarm, int steps, TimeSpan pause)
    {
        var program = new RelayProgram(seed, swarm, pause);
        return [.. Enumerable.Range(0, steps).Select(_ => program.Next())];
    }

    private RelayStep Next()
    {
        var kind = NextKind();
        var (peer, other) = kind switch
        {
            RelayAction.Restart => (_gone.ElementAt(_peers.Next(_gone.Count)), default(int?)),
            RelayAction.Heal => _cuts[_peers.Next(_cuts.Count)],
            RelayAction.Publish or RelayAction.Withdraw or RelayAction.EndBroadcast or RelayAction.Write =>
                (_peers.Next(_swarm.Publishers), null),
            RelayAction.Silence or RelayAction.Resume => (_swarm.Publishers + _peers.Next(_swarm.Relays), null),
            RelayAction.Read or RelayAction.Fetch or RelayAction.CancelReading =>
                (_swarm.Count - 1 - _peers.Next(_swarm.Readers), null),
            // What happens to a relay is of interest, and without a publisher there is nothing to read.
            RelayAction.Kill or RelayAction.ShutDown when _peers.Next(4) > 0 => (_swarm.Publishers + _peers.Next(_swarm.Relays), null),
            RelayAction.Kill or RelayAction.ShutDown => (_peers.Next(_swarm.Count), null),
            _ => NextPair(),
        };
        Note(kind, peer, other);
        return new RelayStep(_swarm, kind, peer, other, _values.Next(1000), _styles.Next(1_000_000), _pauses.Next());
    }

    private (int Peer, int? Other) NextPair()
    {
        var peer = _swarm.Publishers + _peers.Next(_swarm.Relays + _swarm.Readers);
        return (peer, _peers.Next(_swarm.UpstreamsOf(peer)));
    }

    private void Note(RelayAction kind, int peer, int? other)
    {
        switch (kind)
        {
            case RelayAction.Cut:
                _cuts.Add((peer, other!.Value));
                break;
            case RelayAction.Heal:
                _cuts.Remove((peer, other!.Value));
                break;
            case RelayAction.Kill or RelayAction.ShutDown:
                _gone.Add(peer);
                break;
            case RelayAction.Restart:
                _gone.Remove(peer);
                break;
        }
    }

    private RelayAction NextKind()
    {
        while (true)
        {
            var drawn = _kinds.Next(AllWeights);
            var kind = Weights.First(entry => (drawn -= entry.Weight) < 0).Kind;
            if (kind == RelayAction.Restart ? _gone.Count > 0 : kind != RelayAction.Heal || _cuts.Count > 0)
                return kind;
        }
    }
}
