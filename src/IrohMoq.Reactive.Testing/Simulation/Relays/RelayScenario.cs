using System.Reactive.Concurrency;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the scenario that tests broadcasts with several ways to them: publishers, relays that forward what they publish, and readers
/// that find a broadcast by name over all their sessions. Links, sessions and peers are lost, and relays leave, while something is read.
/// </summary>
internal sealed class RelayScenario : SimulationScenario
{
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    private readonly SwarmPeer?[] _peers;
    private readonly int[] _restarts;
    private readonly List<(int, int)> _cuts = [];
    private readonly RelayOperations _operations;
    private readonly RelayWriter _writer;
    private readonly RelayActions _actions;

    public RelayScenario(RelayOptions options)
    {
        Options = options;
        Swarm = options.Swarm ?? Swarm.Of(Seed);
        _peers = new SwarmPeer?[Swarm.Count];
        _restarts = new int[Swarm.Count];
        _operations = new RelayOperations(this);
        Bound = new WriterBound(this);
        _writer = new RelayWriter(this, Bound);
        _actions = new RelayActions(this, _operations, _writer);
        Ways = new Ways(this);
        Limits = SessionLimits.Default with { Pool = new BlockPool(mostKept: 0) };
        Lingers = new Random(Seed.Number("linger")).Next(2) == 0;
    }

    public RelayOptions Options { get; }

    public Swarm Swarm { get; }

    public Ways Ways { get; }

    public WriterBound Bound { get; }

    public Runtime Runtime => Network.Runtime;

    /// <summary>Gets the virtual time since the start.</summary>
    public TimeSpan Now => Network.Trace.Elapsed;

    public PeerNames Names { get; } = new();

    public PendingOperations Pending { get; private set; } = null!;

    public SentFrames Sent { get; private set; } = null!;

    /// <summary>Gets the memory pool of the published frames.</summary>
    public BlockPool Pool { get; } = new(mostKept: 0);

    /// <summary>Gets the limits of each session.</summary>
    public SessionLimits Limits { get; }

    /// <summary>Gets a value that indicates whether a broadcast stays for some time after its last session was lost.</summary>
    public bool Lingers { get; }

    /// <summary>Gets the time that a fetch may take: each way is asked in turn for the properties of the track and for the group.</summary>
    public TimeSpan FetchTime => 2 * Swarm.Count * Limits.SubscribeAnswer;

    /// <summary>Gets or sets a value that indicates whether only the frames that the checks need are written any more.</summary>
    public bool IsSettling { get; set; }

    /// <summary>Gets all readings, including those that have ended.</summary>
    public List<FrontReading> Readings { get; } = [];

    /// <summary>Gets all observers of rates, including those that have ended.</summary>
    public List<RateObserver> RateObservers { get; } = [];

    /// <summary>Gets all broadcasts that were published, including those that have ended.</summary>
    public List<SimulatedBroadcast> Broadcasts { get; } = [];

    /// <summary>Gets the peers that are running, in the order of their numbers.</summary>
    public IEnumerable<SwarmPeer> Running => Known.Where(static peer => !peer.IsGone);

    /// <summary>Gets the latest instance of every peer, running or not.</summary>
    public IEnumerable<SwarmPeer> Known => _peers.OfType<SwarmPeer>();

    internal override IReadOnlyList<string> Invariants => RelayInvariants.All;

    private Seed Seed => new(Options.Simulation.Seed);

    /// <summary>Runs a simulation of relays.</summary>
    public static SimulationResult Run(RelayOptions options, CancellationToken cancellationToken = default) =>
        Simulation.Run(() => new RelayScenario(options), options.Simulation, cancellationToken);

    /// <summary>Returns the latest instance of the peer with the specified number; null if the peer has never been started.</summary>
    public SwarmPeer? Find(int peer) => _peers[peer];

    /// <summary>
    /// Returns the number that follows the last group of the newest broadcast with a name that has groups; 0 if there is none.
    /// </summary>
    public ulong NextGroupOf(BroadcastPath name) => Broadcasts.Where(one => one.Sent.Name == name && one.Sent.Groups.Count > 0)
        .Select(static one => one.Sent.Groups.Keys.Max() + 1)
        .LastOrDefault();

    /// <summary>
    /// Starts the peer with the specified number and its links, unless the endpoint of its last instance is still open. A publisher
    /// publishes every second name, so that the other publisher often has the same.
    /// </summary>
    public void Begin(int number)
    {
        var last = _peers[number];
        if (last is { Endpoint.IsOver: false })
            return;
        var restart = _restarts[number]++;
        var options = OptionsOf(number, restart);
        var peer = new SwarmPeer(this, number, log =>
        {
            var own = options with { LoggerFactory = log };
            return last is null ? Network.AddPeer(Swarm.NameOf(number), own) : Network.RestartPeer(last.Moq, own);
        });
        _peers[number] = peer;
        var random = new Random(Seed.Number($"beginning of {number} {restart}"));
        foreach (var name in Swarm.BroadcastNames.Where(_ => Swarm.IsPublisher(number) && random.Next(2) == 0))
            _actions.Publish(peer, name, random.Next(1000));
        for (var upstream = 0; upstream < Swarm.UpstreamsOf(number); upstream++)
        {
            // A relay has a session with each publisher, and a reader with each relay. Others are less frequent.
            if ((Swarm.IsRelay(upstream) && Swarm.IsReader(number)) || (Swarm.IsPublisher(upstream) && Swarm.IsRelay(number))
                || random.Next(3) == 0)
                peer.LinkTo(_peers[upstream]!);
        }
    }

    public void Cut(SwarmPeer one, SwarmPeer other)
    {
        if (one.IsGone || other.IsGone)
            return;
        _cuts.Add((one.Number, other.Number));
        Ways.Cut(one.Number, other.Number);
        Network.Partition(one.Endpoint, other.Endpoint);
    }

    public void Heal(SwarmPeer one, SwarmPeer other)
    {
        _cuts.RemoveAll(cut => cut == (one.Number, other.Number));
        Ways.Heal(one.Number, other.Number);
        Network.Heal(one.Endpoint, other.Endpoint);
    }

    public void HealAll()
    {
        foreach (var (one, other) in _cuts.ToArray())
            Heal(_peers[one]!, _peers[other]!);
    }

    public override string ToString() => Swarm.ToString();

    internal override ProgramStep[] CreateProgram(SimulationOptions options) =>
        RelayProgram.Generate(Seed, Swarm, options.Steps, Options.Pause);

    internal override void Take(ProgramStep step) => _actions.Take((RelayStep)step);

    internal override void Check(bool isSettled)
    {
        if (isSettled)
            return;
        Pending.Check();
        foreach (var reading in Readings)
            reading.CheckSilence();
        foreach (var observer in RateObservers)
            observer.Check();
    }

    protected override InMemoryNetwork CreateNetwork(IScheduler scheduler, int seed) => new(scheduler, seed)
    {
        Latency = Options.Latency,
        Jitter = Options.Jitter,
        Bandwidth = Options.Bandwidth,
        DatagramLoss = Options.DatagramLoss,
        IdleTimeout = Options.IdleTimeout,
        DialTimeout = Options.DialTimeout,
        ReportDelay = HarshSettings.ReportDelay(Seed),
    };

    protected override Task StartAsync()
    {
        Pending = new PendingOperations(Log, Runtime);
        Sent = new SentFrames(Log);
        for (var peer = 0; peer < _peers.Length; peer++)
            Begin(peer);
        return Task.CompletedTask;
    }

    protected override Task SettleAsync() => new RelayChecks(this, _operations, _writer).RunAsync();

    private MoqOptions OptionsOf(int number, int restart)
    {
        var name = Swarm.NameOf(number);
        return new MoqOptions
        {
            // A publisher that is started again is another process, with another first hop.
            Seed = Seed.Number($"chance {name} {restart}"),
            DialTimeout = 2 * Options.DialTimeout,
            ShutdownTimeout = Options.ShutdownTimeout,
            BroadcastLinger = Lingers ? LingerTime : TimeSpan.Zero,
            Limits = Limits,
            Tap = new PipelineTracer(Log, Names, name),
            Protocols = MixedProtocols.Of(Seed, name),
        };
    }
}
