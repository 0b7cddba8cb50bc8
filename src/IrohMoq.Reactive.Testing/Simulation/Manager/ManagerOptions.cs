using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the options of a <see cref="ManagerScenario"/>: the peers, the network and the timeouts. A different value results in a
/// different trace.
/// </summary>
internal sealed record ManagerOptions
{
    public const int MinPeers = 2;
    public const int MaxPeers = 50;

    private const int MaxPeersHarsh = 8;

    /// <summary>Gets the options of the simulation, such as the seed and the number of steps.</summary>
    public SimulationOptions Simulation { get; init; } = new();

    /// <summary>Gets the number of peers, or null to derive it from the seed, with small numbers more likely than large ones.</summary>
    public int? Peers { get; init; }

    public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(15);

    public TimeSpan Jitter { get; init; } = TimeSpan.FromMilliseconds(10);

    public long Bandwidth { get; init; } = 2_000_000;

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(3);

    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets the maximum time that a subscriber waits for a broadcast.</summary>
    public TimeSpan SubscribeTimeout { get; init; } = TimeSpan.FromSeconds(2.5);

    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Gets the decision timeout of the peers that must accept sessions explicitly, which is one peer in four.</summary>
    public TimeSpan DecisionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets a value that indicates whether the simulation is harsh, that is, uses small windows and ring buffers, tracks of every kind,
    /// tiny and huge groups, slow and faulty readers and observers, delayed reports, refused peers, and observers of all streams of the
    /// manager.
    /// </summary>
    public bool Harsh { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the peers differ: each offers some of the versions of moq-lite, and in a harsh simulation each
    /// reader has an order, a priority and a maximum latency of its own, which may change while it reads.
    /// </summary>
    public bool IsMixed { get; init; } = true;

    /// <summary>
    /// Gets the reducer rules of every manager, or null for the production rules. Tests replace a rule to inject a fault.
    /// </summary>
    public MoqRules? Rules { get; init; }

    /// <summary>Gets an action that is called with the state and the event before a manager applies an event, or null.</summary>
    public Action<MoqState, MoqEvent>? Visited { get; init; }

    /// <summary>
    /// Gets a function that modifies the groups that every reader receives, used only if <see cref="Harsh"/> is true; null for no change.
    /// Tests use it to inject a fault.
    /// </summary>
    public ReaderFault? ReaderFault { get; init; }

    /// <summary>
    /// Gets a function that creates the flow control of received tracks, used only if <see cref="Harsh"/> is true; null for that of the
    /// library. Tests use it to inject a fault.
    /// </summary>
    public Func<TrackProducer, ArrivingGroups, ReceiveBudget, Signal, ReceiveFlow>? Flow { get; init; }

    /// <summary>
    /// Gets the function that returns the number of groups that were skipped before a group; used if <see cref="Harsh"/> is true. The
    /// default returns the value that the library reports.
    /// </summary>
    public Func<GroupConsumer, long> GroupSkipped { get; init; } = static group => group.Skipped;

    /// <summary>
    /// Gets the function that returns the number of groups that a track reader skipped; used if <see cref="Harsh"/> is true. The default
    /// returns the value that the library reports.
    /// </summary>
    public Func<TrackConsumer, long> TrackSkipped { get; init; } = static track => track.Skipped;

    /// <summary>Gets the function that fetches a group; used if <see cref="Harsh"/> is true. Tests replace it to inject a fault.</summary>
    public GroupFetch Fetch { get; init; } = GroupFetches.Default;

    /// <summary>
    /// Gets the function that returns how a request on demand is answered whose name contains the specified <see cref="RequestKind"/>; used
    /// if <see cref="Harsh"/> is true. Tests replace it to inject a fault.
    /// </summary>
    public Func<string, string> RequestAnswer { get; init; } = static kind => kind;

    /// <summary>
    /// Gets a value that indicates whether managers admit peers that their admission policy refuses. Tests use it to inject a fault.
    /// </summary>
    public bool IgnoresAdmission { get; init; }

    /// <summary>
    /// Gets the function that modifies the announcements that an observer receives; used if <see cref="Harsh"/> is true. The default
    /// changes nothing.
    /// </summary>
    public Func<IObservable<PeerAnnouncement>, IObservable<PeerAnnouncement>> AnnouncementFault { get; init; } = static source => source;

    /// <summary>
    /// Gets the function that modifies the sessions that a subscriber of <c>Reconnect</c> receives; used if <see cref="Harsh"/> is true.
    /// The default changes nothing.
    /// </summary>
    public Func<IObservable<MoqSession>, IObservable<MoqSession>> ReconnectFault { get; init; } = static source => source;

    public int PeersOrDrawn => Peers ?? DrawPeers();

    /// <summary>
    /// Gets the maximum time that a caller may wait for a session: the time of a dial, and of a second dial if the existing session had
    /// lost its connection.
    /// </summary>
    public TimeSpan MaxConnectTime => (2 * DialTimeout) + IdleTimeout;

    /// <summary>Gets the time after which the state no longer changes if no further steps run.</summary>
    public TimeSpan SettleTime => IdleTimeout + MaxConnectTime + SubscribeTimeout + Linger + DecisionTimeout;

    public void Validate()
    {
        if (Peers is { } peers)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(peers, MinPeers, nameof(Peers));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(peers, MaxPeers, nameof(Peers));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(Latency, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Jitter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Bandwidth, 1000);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(IdleTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(DialTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SubscribeTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ShutdownTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Linger, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(DecisionTimeout, TimeSpan.Zero);
    }

    private int DrawPeers()
    {
        var drawn = new Random(new Seed(Simulation.Seed).Number("peers")).NextDouble();
        // A harsh simulation has few peers, because it tests what happens between two peers.
        return MinPeers + (int)(((Harsh ? MaxPeersHarsh : MaxPeers) - MinPeers + 1) * drawn * drawn * drawn);
    }
}
