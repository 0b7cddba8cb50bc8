using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>The schedulers of the pipeline.</summary>
internal static class PipelineSchedulers
{
#pragma warning disable RS0030 // The default is chosen here, once.
    /// <summary>The task pool. Long-running work would take a thread of its own for each subscription.</summary>
    public static IScheduler Default { get; } = TaskPoolScheduler.Default.DisableOptimizations(typeof(ISchedulerLongRunning));
#pragma warning restore RS0030

    /// <summary>The scheduler whose clock and queue this runtime uses.</summary>
    public static IScheduler Of(Runtime runtime) => (runtime as SchedulerRuntime)?.Scheduler ?? Default;
}
