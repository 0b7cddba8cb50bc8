using System.Reactive.Concurrency;

namespace IrohMoq.Reactive.Time;

/// <summary>Maps runtimes to Rx schedulers and back.</summary>
internal static class RuntimeSchedulers
{
#pragma warning disable RS0030 // This is the one place where the default is chosen.
    /// <summary>
    /// Gets the scheduler of the thread pool. There, an exception of an observer ends the process, as in Rx. The optimization for
    /// long-running work, which uses a thread for each subscription, is disabled.
    /// </summary>
    public static IScheduler Default { get; } = DefaultScheduler.Instance.DisableOptimizations(typeof(ISchedulerLongRunning));
#pragma warning restore RS0030

    /// <summary>Returns the scheduler on which a runtime runs.</summary>
    public static IScheduler Of(Runtime runtime) => (runtime as SchedulerRuntime)?.Scheduler ?? Default;

    /// <summary>Returns the runtime that runs on a scheduler, or the runtime of the thread pool if the scheduler is null.</summary>
    /// <exception cref="ArgumentException">The scheduler runs work on its caller's stack.</exception>
    public static Runtime RuntimeOf(IScheduler? scheduler) =>
        scheduler is null ? ThreadPoolRuntime.Instance : SchedulerRuntime.For(scheduler);

    /// <summary>Determines whether a runtime runs in virtual time, and another runtime is not the same one.</summary>
    public static bool IsOutside(Runtime virtualTime, Runtime other) =>
        virtualTime is SchedulerRuntime { Scheduler: var scheduler } && IsVirtual(scheduler) && other != virtualTime;

    /// <summary>Determines whether a scheduler runs in virtual time, so that a test advances its clock.</summary>
    public static bool IsVirtual(IScheduler scheduler) =>
        scheduler is VirtualTimeSchedulerBase<long, long> or VirtualTimeSchedulerBase<DateTimeOffset, TimeSpan>;
}
