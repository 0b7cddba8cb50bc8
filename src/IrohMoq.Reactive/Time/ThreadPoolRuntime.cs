namespace IrohMoq.Reactive.Time;

/// <summary>Represents the runtime on the thread pool and the system clock, for production.</summary>
public sealed class ThreadPoolRuntime : Runtime
{
    private ThreadPoolRuntime()
    {
    }

    /// <summary>Gets the only instance of the class.</summary>
    public static ThreadPoolRuntime Instance { get; } = new();

    /// <inheritdoc/>
#pragma warning disable RS0030 // Only this file may use the thread pool.
    public override void Post(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: true);
#pragma warning restore RS0030
}
