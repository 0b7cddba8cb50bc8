using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace IrohMoq.Reactive.Time;

/// <summary>
/// Runs steps on a scheduler, one at a time and in order, while there is work. It may be woken at any time, even from a step. Everything
/// that is delivered on a scheduler uses this loop.
/// </summary>
/// <remarks>
/// An exception from a step is never swallowed: <paramref name="failed"/> ends the component to which the step belongs, and then the
/// exception is thrown from the scheduled item, so that the scheduler handles it like any other exception. During a virtual-time run it
/// is reported to the caller of that run.
/// </remarks>
/// <param name="scheduler">The scheduler that runs the steps.</param>
/// <param name="stepsPerItem">
/// The maximum number of steps in one scheduled item. After that, the scheduler may run other work first.
/// </param>
/// <param name="step">The callback that does one piece of work and returns <see langword="true"/> if there is more.</param>
/// <param name="failed">
/// The callback that receives an exception from a step, with <see langword="true"/>, or from the scheduler itself, with
/// <see langword="false"/>. It returns <see langword="true"/> if the next steps are to run; after a failure of the scheduler no step runs
/// any more.
/// </param>
internal sealed class SerialDrain(IScheduler scheduler, int stepsPerItem, Func<bool> step, Func<Exception, bool, bool> failed)
    : IThreadPoolWorkItem
{
    private readonly bool _isVirtual = RuntimeSchedulers.IsVirtual(scheduler);
    private readonly bool _isPooled = scheduler == RuntimeSchedulers.Default;
    private int _wakes;

    /// <summary>
    /// Schedules the steps until there is no more work. The method is thread-safe and never runs a step on the caller's stack.
    /// </summary>
    public void Wake()
    {
        if (Interlocked.Increment(ref _wakes) == 1)
            Schedule();
    }

    void IThreadPoolWorkItem.Execute() => Run();

    private void Schedule()
    {
        if (_isPooled)
        {
            // The drain is its own work item, so that a wake-up allocates nothing. An exception ends the process, as with the scheduler.
            ThreadPoolRuntime.Instance.Post(this);
            return;
        }

        try
        {
            scheduler.Schedule(this, static (_, drain) =>
            {
                drain.Run();
                return Disposable.Empty;
            });
        }
        catch (Exception fault)
        {
            failed(fault, false);
        }
    }

    private void Run()
    {
        // With a context, .NET would continue the awaits that a step completes on the thread pool, outside virtual time.
        using var _ = _isVirtual ? NoSynchronizationContext.Enter() : default;
        var seen = Volatile.Read(ref _wakes);
        try
        {
            for (var i = 0; i < stepsPerItem; i++)
            {
                if (step())
                    continue;
                var now = Interlocked.CompareExchange(ref _wakes, 0, seen);
                if (now == seen)
                    return;
                seen = now;
            }

            Schedule();
        }
        catch (Exception fault)
        {
            if (failed(fault, true))
                Schedule();
            SchedulerRuntime.Raise(scheduler, fault);
        }
    }
}
