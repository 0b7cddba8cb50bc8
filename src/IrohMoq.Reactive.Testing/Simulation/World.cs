using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>One run of a program: the network, the peers and the books that are kept of them. Everything of it is its own, so that many may run side by side.</summary>
internal sealed class World
{
    private static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // The steps' pauses bound the time; this is beyond all of them.
    private static readonly TimeSpan MostTime = TimeSpan.FromDays(1000);

    private readonly SimulationOptions _options;
    private readonly DueScheduler _scheduler = new(Beginning);
    private readonly SimulatedPeer?[] _peers;
    private readonly int[] _lives;
    private readonly List<(int, int)> _cuts = [];

    private World(SimulationOptions options, bool isWatched)
    {
        _options = options;
        _peers = new SimulatedPeer?[options.PeersOrDrawn];
        _lives = new int[_peers.Length];
        Network = options.Harsh ? HarshNetwork(options) : new InMemoryNetwork(_scheduler, options.Seed)
        {
            Latency = options.Latency,
            Jitter = options.Jitter,
            Bandwidth = options.Bandwidth,
            IdleTimeout = options.IdleTimeout,
            DialTimeout = options.DialTimeout,
        };
        if (options.Harsh)
        {
            Pool = new BlockPool(mostKept: 0);
            Limits = HarshTerms.Limits(new Seed(options.Seed)) is var limits && options.Flow is { } flow ? limits with { Flow = flow } : limits;
            Checks = new HarshChecks(this);
        }

        if (isWatched)
            Network.Trace.OnLine = options.OnLine;
        Journal = new Journal(Network.Trace);
        Waits = new Waits(Journal, Network.Runtime);
        Ledger = new FrameLedger(Journal);
    }

    public InMemoryNetwork Network { get; }

    public Journal Journal { get; }

    public Waits Waits { get; }

    public FrameLedger Ledger { get; }

    public Runtime Runtime => Network.Runtime;

    public TimeSpan SubscribeTimeout => _options.SubscribeTimeout;

    public TimeSpan ShutdownTimeout => _options.ShutdownTimeout;

    /// <summary>A dial, and a session that was found dead and is dialed again; beyond it a caller has waited too long.</summary>
    public TimeSpan LongestConnect => (2 * _options.DialTimeout) + _options.IdleTimeout;

    /// <summary>Within this time after the last trouble everything is what it will be.</summary>
    public TimeSpan Settling => _options.IdleTimeout + LongestConnect + _options.SubscribeTimeout + _options.Linger + _options.DecisionTimeout;

    /// <summary>Where the frames that are published are kept in a harsh world; null is the pool that all share.</summary>
    public BlockPool? Pool { get; }

    /// <summary>What a session takes, and the pool of its own where it keeps that in a harsh world.</summary>
    public SessionLimits Limits { get; } = SessionLimits.Default;

    /// <summary>What must hold in a harsh world; null elsewhere.</summary>
    public HarshChecks? Checks { get; }

    public ReadingFault? ReadingFault => _options.ReadingFault;

    public Func<GroupConsumer, long>? Told => _options.Told;

    public Func<TrackConsumer, long>? Skipped => _options.Skipped;

    /// <summary>True once no more is written than what the end needs.</summary>
    public bool IsSettling { get; set; }

    /// <summary>Every reading of a harsh world, open or over.</summary>
    public List<HarshReading> Readings { get; } = [];

    /// <summary>Every broadcast that there ever was.</summary>
    public List<LiveBroadcast> Broadcasts { get; } = [];

    /// <summary>When something will happen after this, in virtual time since the start; null if nothing will but the end of all time.</summary>
    public TimeSpan? NextDue => _scheduler.NextDue is { } due && due - Beginning < MostTime ? due - Beginning : null;

    /// <summary>The peers that are there, in the order of their numbers.</summary>
    public IEnumerable<SimulatedPeer> Living => _peers.OfType<SimulatedPeer>().Where(static peer => !peer.IsGone);

    /// <summary>The last life of every peer, there or gone.</summary>
    public IEnumerable<SimulatedPeer> Known => _peers.OfType<SimulatedPeer>();

    /// <summary>Runs a program on this thread.</summary>
    /// <param name="options">The world, and the rules of its peers.</param>
    /// <param name="program">The steps.</param>
    /// <param name="peers">Which peers there are at the beginning.</param>
    /// <param name="isWatched">True if the trace is told to whoever wants it.</param>
    /// <param name="cancellationToken">Ends the run between two steps.</param>
    public static World Run(SimulationOptions options, ProgramStep[] program, IReadOnlyCollection<int> peers, bool isWatched, CancellationToken cancellationToken)
    {
        var world = new World(options, isWatched);
        try
        {
            world.Network.Run(() => world.RunAsync(program, peers, cancellationToken), MostTime);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            world.Journal.Violated(Invariant.NothingFails, "whatever fails is told to whoever waits for it", fault.ToString());
        }

        return world;
    }

    /// <summary>A peer's present life, or its last one; null if it never lived.</summary>
    public SimulatedPeer? Find(int peer) => _peers[peer];

    /// <summary>Begins a life of a peer, unless it lives or is not quite gone yet.</summary>
    public void Begin(int number)
    {
        if (_peers[number] is { Endpoint.IsOver: false })
            return;
        var name = ProgramStep.NameOf(number);
        var limits = new Random(Network.Seed.Number("limits of " + name));
        var options = new MoqOptions
        {
            // One in six has room for few, so that some are refused.
            MaxSessions = limits.Next(6) == 0 ? limits.Next(2, 5) : MoqOptions.Default.MaxSessions,
            LoggerFactory = new PeerLog(Journal, name),
            DialTimeout = 2 * _options.DialTimeout,
            ShutdownTimeout = _options.ShutdownTimeout,
            Linger = _options.Linger,
            RequireAccept = limits.Next(4) == 0,
            DecisionTimeout = _options.DecisionTimeout,
            Rules = Rules(),
            Limits = Limits,
            Tap = new TracingWitness(Journal, name),
        };
        _peers[number] = new SimulatedPeer(name, Network, Journal, options, _lives[number]++);
    }

    /// <summary>The broadcast that a reading is of which has got nothing yet.</summary>
    public static LiveBroadcast? LiveOf(HarshReading reading) => reading.Other.Published.GetValueOrDefault(reading.Path);

    public void Cut(int a, int b) => OnLink(a, b, isCut: true);

    public void Heal(int a, int b) => OnLink(a, b, isCut: false);

    public void HealAll()
    {
        foreach (var (a, b) in _cuts.ToArray())
            Heal(a, b);
    }

    private InMemoryNetwork HarshNetwork(SimulationOptions options)
    {
        var (stream, connection, queue, streams) = HarshTerms.Windows(new Seed(options.Seed));
        return new InMemoryNetwork(_scheduler, options.Seed)
        {
            Latency = options.Latency,
            Jitter = options.Jitter,
            Bandwidth = options.Bandwidth,
            IdleTimeout = options.IdleTimeout,
            DialTimeout = options.DialTimeout,
            StreamWindow = stream,
            ConnectionWindow = connection,
            SendQueue = queue,
            MaxUniStreams = streams,
        };
    }

    private Manager.MoqRules? Rules() => _options.Visited is not { } visited ? _options.Rules : (state, happened) =>
    {
        visited(state, happened);
        return (_options.Rules ?? Manager.MoqReducer.Reduce)(state, happened);
    };

    private void OnLink(int a, int b, bool isCut)
    {
        if (_peers[a] is not { IsGone: false } one || _peers[b] is not { IsGone: false } other)
            return;
        if (isCut)
        {
            _cuts.Add((a, b));
            Network.Partition(one.Endpoint, other.Endpoint);
        }
        else
        {
            _cuts.RemoveAll(cut => cut == (a, b) || cut == (b, a));
            Network.Heal(one.Endpoint, other.Endpoint);
        }
    }

    private async Task RunAsync(ProgramStep[] program, IReadOnlyCollection<int> peers, CancellationToken cancellationToken)
    {
        foreach (var peer in peers)
            Begin(peer);
        var actions = new Actions(this);
        foreach (var step in program)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Journal.Step++;
            Journal.Write(ProgramStep.NameOf(step.Peer), $"step {step.Kind}", step.ToString());
            actions.Take(step);
            await Runtime.DelayAsync(step.Pause, CancellationToken.None).ConfigureAwait(false);
            Waits.Check();
            Checks?.CheckMemory();
            if (Journal.Found is not null)
                return;
        }

        Journal.Step++;
        await new Settling(this, actions).RunAsync().ConfigureAwait(false);
    }
}
