using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace IrohMoq.Reactive.Time;

/// <summary>
/// Runs steps on a scheduler, one at a time and in order, as long as there is work; it may be woken at any time, also from a step. It is
/// the one loop behind everything that is delivered on a scheduler.
/// </summary>
/// <remarks>
/// An exception from a step is never swallowed: <paramref name="failed"/> ends what it belongs to, and then it leaves the scheduled item,
/// so that the scheduler treats it like any other exception; during a virtual-time run it goes to the caller of that run.
/// </remarks>
/// <param name="scheduler">The scheduler.</param>
/// <param name="stepsPerItem">The maximum number of steps in one scheduled item; after that the scheduler may run other work first.</param>
/// <param name="step">Does one piece of work and returns <see langword="true"/> if there is more.</param>
/// <param name="failed">
/// Receives an exception from a step, with <see langword="true"/>, or from the scheduler itself, with <see langword="false"/>. It returns
/// <see langword="true"/> if the next steps shall run; after a failure of the scheduler nothing runs any more.
/// </param>
internal sealed class SerialDrain(IScheduler scheduler, int stepsPerItem, Func<bool> step, Func<Exception, bool, bool> failed)
{
    private readonly bool _isVirtual = RuntimeSchedulers.IsVirtual(scheduler);
    private int _wakes;

    /// <summary>Runs the steps until there is no more work. Safe for any thread; it never runs a step on the caller's stack.</summary>
    public void Wake()
    {
        if (Interlocked.Increment(ref _wakes) == 1)
            Schedule();
    }

    private void Schedule()
    {
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
        // With a context, .NET would continue the awaits that a step completes on the thread pool, out of virtual time.
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
