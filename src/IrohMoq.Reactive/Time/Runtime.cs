namespace IrohMoq.Reactive.Time;

/// <summary>
/// The one seam for time: a clock, timers, and a place to run the next piece of work.
/// In production it is the thread pool and the system's clock (<see cref="ThreadPoolRuntime"/>);
/// in virtual time a queue drained by an <c>IScheduler</c>, so that a whole swarm of peers takes its turns on one thread.
/// </summary>
public abstract class Runtime : TimeProvider
{
    /// <summary>
    /// Runs the item later, in a turn of its own, never on the caller's stack. Items of one caller run in order only in virtual time.
    /// </summary>
    /// <param name="item">What to run. It must not throw.</param>
    public abstract void Post(IThreadPoolWorkItem item);

    /// <summary>
    /// Throws if the caller is not where this clock's work may run. Production never throws; virtual time checks the thread.
    /// </summary>
    public virtual void Verify()
    {
    }
}
