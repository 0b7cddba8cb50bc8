using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>A random program, and the world that it runs in. The same options give the same trace, in every process; another value of any of them gives another.</summary>
public sealed record SimulationOptions
{
    /// <summary>The fewest peers: 2.</summary>
    public const int FewestPeers = 2;

    /// <summary>The most peers: 50.</summary>
    public const int MostPeers = 50;

    private const int MostPeersHarsh = 8;

    /// <summary>Where all chance comes from: the program, ids and jitter. The default is 0.</summary>
    public int Seed { get; init; }

    /// <summary>How many peers there are, <see cref="FewestPeers"/> to <see cref="MostPeers"/>; null, the default, draws it from the seed, few more often than many.</summary>
    public int? Peers { get; init; }

    /// <summary>How many steps the program has, 1 or more. The default is 100.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>How long steps are apart: most follow within this time, many at once, a few after up to twenty times as long. More than nothing; the default is 100 ms.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>That of <see cref="InMemoryNetwork.Latency"/>. The default is 15 ms.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(15);

    /// <summary>That of <see cref="InMemoryNetwork.Jitter"/>. The default is 10 ms.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>That of <see cref="InMemoryNetwork.Bandwidth"/>, 1,000 or more. The default is 2,000,000.</summary>
    public long Bandwidth { get; init; } = 2_000_000;

    /// <summary>That of <see cref="InMemoryNetwork.IdleTimeout"/>, more than nothing. The default is 3 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>That of <see cref="InMemoryNetwork.DialTimeout"/>, more than nothing. The default is 2 s.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long whoever subscribes waits for a broadcast, more than nothing. The default is 2.5 s.</summary>
    public TimeSpan SubscribeTimeout { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>That of <see cref="MoqOptions.ShutdownTimeout"/>, more than nothing. The default is 5 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>That of <see cref="MoqOptions.Linger"/>, 0 or more. The default is 1.5 s.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>That of <see cref="MoqOptions.DecisionTimeout"/>, of the peers that decide before they announce, one in four. More than nothing; the default is 1 s.</summary>
    public TimeSpan DecisionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether the world is harsh: small windows, tracks of every kind, tiny and huge groups, readers that are slow, pause, stop, break off and leave, observers that throw. Then what readers get is checked as well. The default is
    /// false.
    /// </summary>
    public bool Harsh { get; init; }

    /// <summary>Gets every line of the trace as it is written, on the thread that simulates; null for nobody. It is not called while a smaller program is looked for.</summary>
    public Action<string>? OnLine { get; init; }

    /// <summary>Whether, after a violation, a smaller program that leads to it is looked for; that runs up to a hundred programs more. The default is true.</summary>
    public bool Shrinks { get; init; } = true;

    /// <summary>The rules of every pipeline; null for the manager's own. A test breaks one on purpose.</summary>
    internal MoqRules? Rules { get; init; }

    /// <summary>Told what was and what happened, for each event of each pipeline.</summary>
    internal Action<MoqState, MoqEvent>? Visited { get; init; }

    /// <summary>In a harsh world: what stands between the library and every reader; null for nothing. A test breaks what readers get on purpose.</summary>
    internal ReadingFault? ReadingFault { get; init; }

    /// <summary>In a harsh world: what holds publishers back; null for what the library does. A test breaks it on purpose.</summary>
    internal Func<TrackProducer, ArrivingGroups, ReceiveBudget, Signal, ReceiveFlow>? Flow { get; init; }

    /// <summary>In a harsh world: how many groups a reader is told to have missed before one; null for what the library tells.</summary>
    internal Func<GroupConsumer, long>? Told { get; init; }

    /// <summary>In a harsh world: how many groups the readers of a track are told to have missed so far; null for what the library tells.</summary>
    internal Func<TrackConsumer, long>? Skipped { get; init; }

    internal int PeersOrDrawn => Peers ?? DrawPeers();

    internal void Validate()
    {
        if (Peers is { } peers)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(peers, FewestPeers, nameof(Peers));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(peers, MostPeers, nameof(Peers));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Pause, TimeSpan.Zero);
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
        var drawn = new Random(new Seed(Seed).Number("peers")).NextDouble();
        // A harsh world is about what a few have between them.
        return FewestPeers + (int)(((Harsh ? MostPeersHarsh : MostPeers) - FewestPeers + 1) * drawn * drawn * drawn);
    }
}
