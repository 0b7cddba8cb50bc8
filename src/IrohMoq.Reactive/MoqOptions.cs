using System.Reactive.Concurrency;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive;

/// <summary>Limits, clock and log of a <see cref="Moq"/>.</summary>
public sealed record MoqOptions
{
    /// <summary>The defaults.</summary>
    public static MoqOptions Default { get; } = new();

    /// <summary>
    /// Where the pipeline runs and observers are called, and the clock of every wait. Null, the default, is the task pool, without a thread for each subscription. With a
    /// <c>TestScheduler</c> and in-memory endpoints everything runs in virtual time.
    /// </summary>
    public IScheduler? Scheduler { get; init; }

    /// <summary>Where events are logged. The default is nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>How long a dial may take until the peer has accepted; more than nothing, 49 days at most. The default is 30 s.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long shutting down may take, 0 to 49 days. Four fifths of it are at most for peers that have not read a finished track to its end. The default is 5 s.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a session that this side alone has dialed stays open when nobody holds it any more, 0 to 49 days. The default is 5 s: who comes back within it gets the same session.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Who may dial this side: asked with the id of each peer that does, before anything is sent to it; one that it gives false for is refused with code 6. Called on a turn of the endpoint: it must not block; one that throws refuses.
    /// Null, the default, lets everybody in. Peers that this side dials are not asked about.
    /// </summary>
    public Func<EndpointId, bool>? Admit { get; init; }

    /// <summary>
    /// True if a peer that dials sees no broadcast, and is in no session, before a subscriber of <see cref="Moq.IncomingSessions()"/> has accepted it. False by default: a session is established when it comes.
    /// A peer that this side dials as well needs no decision.
    /// </summary>
    public bool RequireAccept { get; init; }

    /// <summary>With <see cref="RequireAccept"/>: how long the application may take to decide, more than nothing and 49 days at most, before the peer is refused with code 6. The default is 10 s.</summary>
    public TimeSpan DecisionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where the chance of this manager comes from, such as the jitter of <c>Reconnect</c>: the same seed and the same events give the same. Null, the default, takes one from the system.</summary>
    public int? Seed { get; init; }

    /// <summary>How many sessions there may be with all peers together, dials in flight included; 1 or more. Peers beyond it are refused with code 11. The default is 4,096.</summary>
    public int MaxSessions { get; init; } = 4096;

    /// <summary>How many sessions one peer may have by dialing again while the old ones are open; 1 or more. Those beyond it are refused with code 11. The default is 16.</summary>
    public int MaxSessionsPerPeer { get; init; } = 16;

    /// <summary>How many published broadcasts' events are kept for subscribers of <see cref="Moq.Broadcasts"/> that are behind, 1 or more; whoever is further behind skips. The default is 1,024.</summary>
    public int BroadcastRing { get; init; } = 1024;

    /// <summary>How many of the last sessions that are still open a late subscriber of incoming sessions gets, 0 or more. The default is 16.</summary>
    public int SessionReplay { get; init; } = 16;

    /// <summary>How many session events are kept for subscribers that are behind, 1 or more; whoever is further behind skips. The default is 1,024.</summary>
    public int SessionRing { get; init; } = 1024;

    /// <summary>The rules of the pipeline; null for the manager's own.</summary>
    internal MoqRules? Rules { get; init; }

    /// <summary>Sees the pipeline's events and effects; null for nobody.</summary>
    internal IPipelineWitness? Witness { get; init; }

    /// <summary>What each session takes from its peer at most, and where it keeps that.</summary>
    internal SessionLimits Limits { get; init; } = SessionLimits.Default;

    internal IScheduler PipelineScheduler => Scheduler ?? PipelineSchedulers.Default;

    // What timers take is a little more.
    private static TimeSpan LongestTime { get; } = TimeSpan.FromDays(49);

    internal void Validate()
    {
        if (LoggerFactory is null)
            throw Bad(nameof(LoggerFactory), null, "must not be null; NullLoggerFactory.Instance logs nothing");
        if (DialTimeout <= TimeSpan.Zero || DialTimeout > LongestTime)
            throw Bad(nameof(DialTimeout), DialTimeout, "must be more than nothing, and 49 days at most");
        if (ShutdownTimeout < TimeSpan.Zero || ShutdownTimeout > LongestTime)
            throw Bad(nameof(ShutdownTimeout), ShutdownTimeout, "must be 0 to 49 days");
        if (Linger < TimeSpan.Zero || Linger > LongestTime)
            throw Bad(nameof(Linger), Linger, "must be 0 to 49 days");
        if (DecisionTimeout <= TimeSpan.Zero || DecisionTimeout > LongestTime)
            throw Bad(nameof(DecisionTimeout), DecisionTimeout, "must be more than nothing, and 49 days at most");
        if (MaxSessions < 1)
            throw Bad(nameof(MaxSessions), MaxSessions, "must be 1 or more");
        if (MaxSessionsPerPeer < 1)
            throw Bad(nameof(MaxSessionsPerPeer), MaxSessionsPerPeer, "must be 1 or more");
        if (SessionReplay < 0)
            throw Bad(nameof(SessionReplay), SessionReplay, "must be 0 or more");
        if (SessionRing < 1)
            throw Bad(nameof(SessionRing), SessionRing, "must be 1 or more");
        if (BroadcastRing < 1)
            throw Bad(nameof(BroadcastRing), BroadcastRing, "must be 1 or more");
    }

    private static ArgumentOutOfRangeException Bad(string property, object? value, string rule) => new(property, value, $"MoqOptions.{property} {rule}.");
}
