using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// The peers, the network and the timeouts of a <see cref="ManagerScenario"/>. Another value of any of them gives another trace.
/// </summary>
internal sealed record ManagerOptions
{
    public const int MinPeers = 2;
    public const int MaxPeers = 50;

    private const int MaxPeersHarsh = 8;

    /// <summary>Gets the seed and the length of the program.</summary>
    public SimulationOptions Simulation { get; init; } = new();

    /// <summary>Gets the number of peers; null draws it from the seed, few more often than many.</summary>
    public int? Peers { get; init; }

    public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(15);

    public TimeSpan Jitter { get; init; } = TimeSpan.FromMilliseconds(10);

    public long Bandwidth { get; init; } = 2_000_000;

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(3);

    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets how long a subscriber waits for a broadcast.</summary>
    public TimeSpan SubscribeTimeout { get; init; } = TimeSpan.FromSeconds(2.5);

    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Gets the decision timeout of the peers that require an accept, one in four.</summary>
    public TimeSpan DecisionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets whether the world is harsh: small windows and rings, tracks of every kind, tiny and huge groups, slow and faulty readers and
    /// observers, late reports, peers that are refused, and observers of everything that the manager offers.
    /// </summary>
    public bool Harsh { get; init; }

    /// <summary>Gets the rules of every manager, or null for the production rules. Tests replace a rule to inject a fault.</summary>
    public MoqRules? Rules { get; init; }

    /// <summary>Gets what receives the state and the event before each event is applied.</summary>
    public Action<MoqState, MoqEvent>? Visited { get; init; }

    /// <summary>
    /// Gets, in a harsh world, what stands between the library and every reader; null for nothing. A test breaks what readers get on
    /// purpose.
    /// </summary>
    public ReaderFault? ReaderFault { get; init; }

    /// <summary>Gets, in a harsh world, what holds publishers back; null for what the library does. A test breaks it on purpose.</summary>
    public Func<TrackProducer, ArrivingGroups, ReceiveBudget, Signal, ReceiveFlow>? Flow { get; init; }

    /// <summary>Gets, in a harsh world, how many groups were skipped before one; null for what the library says.</summary>
    public Func<GroupConsumer, long> GroupSkipped { get; init; } = static group => group.Skipped;

    /// <summary>
    /// Gets the function that returns the number of groups that a track reader skipped; used if <see cref="Harsh"/> is true. The default
    /// returns the value that the library reports.
    /// </summary>
    public Func<TrackConsumer, long> TrackSkipped { get; init; } = static track => track.Skipped;

    /// <summary>Gets whether managers admit peers that they should refuse.</summary>
    public bool IgnoresAdmission { get; init; }

    /// <summary>Gets, in a harsh world, what stands between a manager and an observer of its announcements.</summary>
    public Func<IObservable<PeerAnnouncement>, IObservable<PeerAnnouncement>> AnnouncementFault { get; init; } = static source => source;

    /// <summary>Gets, in a harsh world, what stands between a manager and a subscriber of <c>Reconnect</c>.</summary>
    public Func<IObservable<MoqSession>, IObservable<MoqSession>> ReconnectFault { get; init; } = static source => source;

    public int PeersOrDrawn => Peers ?? DrawPeers();

    /// <summary>
    /// Gets the longest time that a caller may wait for a session: a dial, and another one if the session that it found was dead.
    /// </summary>
    public TimeSpan MaxConnectTime => (2 * DialTimeout) + IdleTimeout;

    /// <summary>Gets the time after which everything is as it will stay once nothing disturbs it.</summary>
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
        // A harsh world is about what a few peers have between them.
        return MinPeers + (int)(((Harsh ? MaxPeersHarsh : MaxPeers) - MinPeers + 1) * drawn * drawn * drawn);
    }
}
