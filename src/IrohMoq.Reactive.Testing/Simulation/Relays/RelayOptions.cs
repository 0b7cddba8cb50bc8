using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>Represents the options of a <see cref="RelayScenario"/>: the peers, the network and the timeouts.</summary>
internal sealed record RelayOptions
{
    /// <summary>The ratio between the pauses of this scenario and those of the options, because peers need time to notice a loss.</summary>
    private const int PauseFactor = 10;

    /// <summary>Gets the options of the simulation, such as the seed and the number of steps.</summary>
    public SimulationOptions Simulation { get; init; } = new();

    /// <summary>Gets the peers, or null to derive them from the seed.</summary>
    public Swarm? Swarm { get; init; }

    public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(15);

    public TimeSpan Jitter { get; init; } = TimeSpan.FromMilliseconds(10);

    public long Bandwidth { get; init; } = 2_000_000;

    /// <summary>Gets the share of the datagrams that are lost.</summary>
    public double DatagramLoss { get; init; } = 0.2;

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(3);

    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets the maximum time that a reader waits for a broadcast.</summary>
    public TimeSpan SubscribeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the time for which a way must exist before a reading that ends, although the way is there, is a fault.</summary>
    /// <remarks>
    /// What a relay announces again may be another broadcast, so that readers wait for ten seconds before they use it for what they read.
    /// </remarks>
    public TimeSpan Stable { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>Gets the time within which something arrives at a reader over a way that exists for so long.</summary>
    public TimeSpan MaxSilence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets a value that indicates whether a relay forwards what it reads by name over all its sessions, instead of the broadcast of one
    /// session.
    /// </summary>
    public bool ForwardsFronts { get; init; }

    /// <summary>Gets the function with which a reader waits for a broadcast. Tests replace it to inject a fault.</summary>
    public Func<SwarmPeer, BroadcastPath, TimeSpan, CancellationToken, Task<BroadcastConsumer>> Subscribe { get; init; } =
        static (peer, name, timeout, cancellationToken) => peer.Moq.SubscribeAsync(name, timeout, cancellationToken);

    /// <summary>Gets the function that returns the groups of a reading. Tests replace it to inject a fault.</summary>
    public Func<FrontReading, CancellationToken, IAsyncEnumerable<GroupConsumer>> Groups { get; init; } =
        static (reading, cancellationToken) => reading.ReadGroupsAsync(cancellationToken);

    /// <summary>Gets the function that returns the pieces of the frames of a group. Tests replace it to inject a fault.</summary>
    public Func<GroupConsumer, CancellationToken, IAsyncEnumerable<FrameChunk>> Pieces { get; init; } =
        static (group, cancellationToken) => group.ReadChunksAsync(cancellationToken);

    /// <summary>Gets the function that returns the estimates of the peer of a session. Tests replace it to inject a fault.</summary>
    public Func<MoqSession, IObservable<RateEstimate>> Rates { get; init; } = static session => session.ReceiveRates();

    /// <summary>Gets the function that creates the next group of a track. Tests replace it to inject a fault.</summary>
    public Func<TrackProducer, ValueTask<GroupProducer>> Append { get; init; } = static track => track.AppendGroupAsync();

    /// <summary>Gets the function that writes a frame. Tests replace it to inject a fault.</summary>
    public Func<GroupProducer, byte[], ValueTask> Write { get; init; } = static (group, frame) => group.WriteAsync(frame);

    /// <summary>Gets the function that fetches a group. Tests replace it to inject a fault.</summary>
    public GroupFetch Fetch { get; init; } = GroupFetches.Default;

    /// <summary>
    /// Gets the function that returns the number of groups that a reading has skipped. Tests replace it to inject a fault.
    /// </summary>
    public Func<TrackConsumer, long> Skipped { get; init; } = static track => track.Skipped;

    /// <summary>Gets the typical virtual time between two steps.</summary>
    public TimeSpan Pause => PauseFactor * Simulation.Pause;

    /// <summary>Gets the time after which the state no longer changes if no further steps run.</summary>
    public TimeSpan SettleTime => IdleTimeout + (2 * DialTimeout) + ReconnectDelays.MaxDelay + SubscribeTimeout + Stable;

    /// <summary>Gets the delays with which peers dial again.</summary>
    public static ReconnectOptions ReconnectDelays { get; } = new()
    {
        FirstDelay = TimeSpan.FromMilliseconds(500),
        MaxDelay = TimeSpan.FromSeconds(2),
    };
}
