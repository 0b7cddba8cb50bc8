using System.Reactive.Concurrency;
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

    /// <summary>How long a dial may take until the peer has accepted. The default is 30 s.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long shutting down waits for sessions to end. The default is 5 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many of the last sessions that are still open a late subscriber of incoming sessions gets, 0 or more. The default is 16.</summary>
    public int SessionReplay { get; init; } = 16;

    /// <summary>How many session events are kept for subscribers that are behind, 1 or more; whoever is further behind skips. The default is 1,024.</summary>
    public int SessionRing { get; init; } = 1024;

#pragma warning disable RS0030 // The default is chosen here, once.
    internal IScheduler PipelineScheduler => Scheduler ?? DefaultScheduler;

    // Long-running work would take a thread of its own for each subscription.
    private static IScheduler DefaultScheduler { get; } = TaskPoolScheduler.Default.DisableOptimizations(typeof(ISchedulerLongRunning));
#pragma warning restore RS0030

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(LoggerFactory);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(DialTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(ShutdownTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(SessionReplay);
        ArgumentOutOfRangeException.ThrowIfLessThan(SessionRing, 1);
    }
}
