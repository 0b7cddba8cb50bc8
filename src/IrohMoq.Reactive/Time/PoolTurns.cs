namespace IrohMoq.Reactive.Time;

/// <summary>Production's turns: the thread pool and the system's clock.</summary>
public sealed class PoolTurns : Turns
{
    private PoolTurns()
    {
    }

    /// <summary>The one instance.</summary>
    public static PoolTurns Instance { get; } = new();

    /// <inheritdoc/>
#pragma warning disable RS0030 // This file is the one place that may use the pool.
    public override void Post(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: true);
#pragma warning restore RS0030
}
