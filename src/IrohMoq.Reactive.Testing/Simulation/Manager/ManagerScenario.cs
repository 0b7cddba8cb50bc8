using System.Reactive.Concurrency;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the scenario that tests the manager of the library: peers dial, publish, write, subscribe, read and close, and are cut off,
/// killed and restarted. Some invariants are checked at each event and after every step, the others when all links are restored and the
/// simulation has settled. Then all peers shut down, and no resources may be left.
/// </summary>
internal sealed class ManagerScenario : SimulationScenario
{
    private readonly SimulatedPeer?[] _peers;
    private readonly int[] _restarts;
    private readonly List<(int, int)> _cuts = [];
    private readonly PeerOperations _operations;
    private readonly StepActions _actions;

    public ManagerScenario(ManagerOptions options)
    {
        Options = options;
        _peers = new SimulatedPeer?[options.PeersOrDrawn];
        _restarts = new int[_peers.Length];
        _operations = new PeerOperations(this);
        _actions = new StepActions(this, _operations);
        if (!options.Harsh)
            return;
        var limits = HarshSettings.Limits(Seed);
        Limits = options.Flow is { } flow ? limits with { Flow = flow } : limits;
        Pool = new BlockPool(mostKept: 0);
        Harsh = new HarshInvariants(this);
    }

    public ManagerOptions Options { get; }

    public Runtime Runtime => Network.Runtime;

    public PeerNames Names { get; } = new();

    public PendingOperations Pending { get; private set; } = null!;

    public SentFrames Sent { get; private set; } = null!;

    /// <summary>Gets the memory pool of the published frames in a harsh simulation; null for the shared pool.</summary>
    public BlockPool? Pool { get; }

    /// <summary>Gets the limits of each session.</summary>
    public SessionLimits Limits { get; } = SessionLimits.Default;

    /// <summary>Gets the additional invariants of a harsh simulation; null if the simulation is not harsh.</summary>
    public HarshInvariants? Harsh { get; }

    /// <summary>
    /// Gets or sets a value that indicates whether all steps have run. From then on, only the frames that the checks need are written.
    /// </summary>
    public bool IsSettling { get; set; }

    /// <summary>Gets all readers of a harsh simulation, including those that have ended.</summary>
    public List<SimulatedReader> Readers { get; } = [];

    /// <summary>Gets all broadcasts that were published, including those that have ended.</summary>
    public List<SimulatedBroadcast> Broadcasts { get; } = [];

    /// <summary>Gets the peers that are running, in the order of their numbers.</summary>
    public IEnumerable<SimulatedPeer> Running => Known.Where(static peer => !peer.IsGone);

    /// <summary>Gets the latest instance of every peer, running or not.</summary>
    public IEnumerable<SimulatedPeer> Known => _peers.OfType<SimulatedPeer>();

    internal override IReadOnlyList<string> Invariants => ManagerInvariants.All;

    private Seed Seed => new(Options.Simulation.Seed);

    /// <summary>Runs a simulation of the manager.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range. The message contains its name.</exception>
    public static SimulationResult Run(ManagerOptions options, CancellationToken cancellationToken = default)
    {
        options.Validate();
        return Simulation.Run(() => new ManagerScenario(options), options.Simulation, cancellationToken);
    }

    /// <summary>Returns the number of events that the managers of all peers have handled.</summary>
    public static long EventsOf(SimulationResult result) =>
        result.Counts.Where(static count => count.Key.StartsWith("event ", StringComparison.Ordinal)).Sum(static count => count.Value);

    /// <summary>Returns the latest instance of the peer with the specified number; null if the peer has never been started.</summary>
    public SimulatedPeer? Find(int peer) => _peers[peer];

    /// <summary>Starts the peer with the specified number, unless the endpoint of its last instance is still open.</summary>
    public void Begin(int number, bool keepsAddress = false)
    {
        var last = _peers[number];
        if (last is { Endpoint.IsOver: false })
            return;
        var name = ManagerStep.NameOf(number);
        var options = OptionsOf(name);
        var max = options.MaxSessions < MoqOptions.Default.MaxSessions ? options.MaxSessions : (int?)null;
        _peers[number] = new SimulatedPeer(this, name, _restarts[number]++, (log, admit) =>
        {
            var own = options with { LoggerFactory = log, AcceptPolicy = Options.Harsh ? (peer, _) => new(admit(peer.RemoteId)) : null };
            return keepsAddress && Options.Harsh && last is not null ? Network.RestartPeer(last.Moq, own) : Network.AddPeer(name, own);
        })
        {
            MaxSessions = max,
        };
        _actions.Begin(_peers[number]!);
    }

    public void Cut(int a, int b)
    {
        if (FindPair(a, b) is not var (one, other))
            return;
        _cuts.Add((a, b));
        Network.Partition(one.Endpoint, other.Endpoint);
    }

    public void Heal(int a, int b)
    {
        if (FindPair(a, b) is not var (one, other))
            return;
        _cuts.RemoveAll(cut => cut == (a, b) || cut == (b, a));
        Network.Heal(one.Endpoint, other.Endpoint);
    }

    public void HealAll()
    {
        foreach (var (a, b) in _cuts.ToArray())
            Heal(a, b);
    }

    public override string ToString() => $"{_peers.Length} peers";

    internal override ProgramStep[] CreateProgram(SimulationOptions options) =>
        ProgramGenerator.Generate(Seed, _peers.Length, options.Steps, options.Pause, Options.Harsh, Options.IsMixed);

    internal override void Take(ProgramStep step) => _actions.Take((ManagerStep)step);

    internal override void Check(bool isSettled)
    {
        if (isSettled)
            return;
        Pending.Check();
        Harsh?.CheckLimits();
    }

    protected override InMemoryNetwork CreateNetwork(IScheduler scheduler, int seed)
    {
        if (!Options.Harsh)
        {
            return new InMemoryNetwork(scheduler, seed)
            {
                Latency = Options.Latency,
                Jitter = Options.Jitter,
                Bandwidth = Options.Bandwidth,
                IdleTimeout = Options.IdleTimeout,
                DialTimeout = Options.DialTimeout,
            };
        }

        var (stream, connection, queue, streams) = HarshSettings.Windows(Seed);
        return new InMemoryNetwork(scheduler, seed)
        {
            Latency = Options.Latency,
            Jitter = Options.Jitter,
            Bandwidth = Options.Bandwidth,
            IdleTimeout = Options.IdleTimeout,
            DialTimeout = Options.DialTimeout,
            ReportDelay = HarshSettings.ReportDelay(Seed),
            StreamWindow = stream,
            ConnectionWindow = connection,
            SendQueue = queue,
            MaxUniStreams = streams,
        };
    }

    protected override Task StartAsync()
    {
        Pending = new PendingOperations(Log, Runtime);
        Sent = new SentFrames(Log);
        for (var peer = 0; peer < _peers.Length; peer++)
            Begin(peer);
        return Task.CompletedTask;
    }

    protected override Task SettleAsync() => new SettledChecks(this, _operations).RunAsync();

    private MoqOptions OptionsOf(string name)
    {
        var random = new Random(Seed.Number("limits of " + name));
        var options = new MoqOptions
        {
            // One peer in six has a low session limit, so that some peers are refused.
            MaxSessions = random.Next(6) == 0 ? random.Next(2, 5) : MoqOptions.Default.MaxSessions,
            DialTimeout = 2 * Options.DialTimeout,
            ShutdownTimeout = Options.ShutdownTimeout,
            Linger = Options.Linger,
            RequireAccept = random.Next(4) == 0,
            DecisionTimeout = Options.DecisionTimeout,
            Rules = Options.Visited is null ? Options.Rules : VisitingRules(Options.Visited),
            Limits = Limits,
            Tap = new PipelineTracer(Log, Names, name),
            Protocols = Options.IsMixed ? MixedProtocols.Of(Seed, name) : MoqOptions.SupportedProtocols,
        };
        return !Options.Harsh ? options : options with
        {
            NoticeCapacity = HarshSettings.NoticeCapacity,
            SessionReplay = random.Next(HarshSettings.NoticeCapacity),
            MaxSessionsPerPeer = random.Next(4) == 0 ? random.Next(1, 3) : MoqOptions.Default.MaxSessionsPerPeer,
        };
    }

    private MoqRules VisitingRules(Action<MoqState, MoqEvent> visited) => (state, happened) =>
    {
        visited(state, happened);
        return (Options.Rules ?? MoqReducer.Reduce)(state, happened);
    };

    private (SimulatedPeer One, SimulatedPeer Other)? FindPair(int a, int b) =>
        _peers[a] is { IsGone: false } one && _peers[b] is { IsGone: false } other ? (one, other) : null;
}
