using System.Reactive.Concurrency;

namespace IrohMoq.Reactive.Time;

/// <summary>The Rx schedulers that belong to runtimes.</summary>
internal static class RuntimeSchedulers
{
#pragma warning disable RS0030 // This is the one place where the default is chosen.
    /// <summary>
    /// Gets the thread pool. An observer's exception ends the process there, as in Rx. Without the optimization for long-running work,
    /// which takes a thread for each subscription.
    /// </summary>
    public static IScheduler Default { get; } = DefaultScheduler.Instance.DisableOptimizations(typeof(ISchedulerLongRunning));
#pragma warning restore RS0030

    /// <summary>Returns the scheduler that a runtime runs on.</summary>
    public static IScheduler Of(Runtime runtime) => (runtime as SchedulerRuntime)?.Scheduler ?? Default;

    /// <summary>Returns the runtime that runs on a scheduler; the thread pool's for null.</summary>
    /// <exception cref="ArgumentException">The scheduler runs work on its caller's stack.</exception>
    public static Runtime RuntimeOf(IScheduler? scheduler) =>
        scheduler is null ? ThreadPoolRuntime.Instance : SchedulerRuntime.For(scheduler);

    /// <summary>Determines whether a scheduler's clock is moved by a test.</summary>
    public static bool IsVirtual(IScheduler scheduler) =>
        scheduler is VirtualTimeSchedulerBase<long, long> or VirtualTimeSchedulerBase<DateTimeOffset, TimeSpan>;
}
