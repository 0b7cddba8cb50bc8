using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Runs work on the thread pool, and counts the work items.</summary>
internal sealed class CountingRuntime : Runtime
{
    private long _posted;

    /// <summary>Gets the number of work items that were queued.</summary>
    public long Posted => Interlocked.Read(ref _posted);

    public override void Post(IThreadPoolWorkItem item)
    {
        Interlocked.Increment(ref _posted);
        ThreadPoolRuntime.Instance.Post(item);
    }
}
