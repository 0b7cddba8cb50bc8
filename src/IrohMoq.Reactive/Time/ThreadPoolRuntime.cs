namespace IrohMoq.Reactive.Time;

/// <summary>Production's runtime: the thread pool and the system's clock.</summary>
public sealed class ThreadPoolRuntime : Runtime
{
    private ThreadPoolRuntime()
    {
    }

    /// <summary>The one instance.</summary>
    public static ThreadPoolRuntime Instance { get; } = new();

    /// <inheritdoc/>
#pragma warning disable RS0030 // This file is the one place that may use the pool.
    public override void Post(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: true);
#pragma warning restore RS0030
}
