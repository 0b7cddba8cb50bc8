namespace IrohMoq.Reactive.Time;

/// <summary>
/// Provides the clock, the timers and the work queue that everything in this library uses. In production it is the thread pool with the
/// system clock (<see cref="ThreadPoolRuntime"/>). In virtual time it is a queue that an <c>IScheduler</c> runs, so that any number of
/// peers share one thread.
/// </summary>
public abstract class Runtime : TimeProvider
{
    /// <summary>
    /// Queues a work item, which runs later and never on the caller's stack. Only in virtual time do items run in the order of the calls.
    /// </summary>
    /// <param name="item">The work item. It must not throw.</param>
    public abstract void Post(IThreadPoolWorkItem item);

    /// <summary>
    /// Throws if the current thread may not run work of this runtime. Only a runtime in virtual time checks this.
    /// </summary>
    public virtual void Verify()
    {
    }
}
