using System.Reactive.Concurrency;
using System.Runtime.ExceptionServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Advances a virtual-time scheduler until a task has completed. The clock jumps from one scheduled item to the next, so that idle virtual
/// time takes no real time. No synchronization context is set meanwhile. A continuation that runs on another thread fails with an exception
/// that explains the problem.
/// </summary>
internal sealed class VirtualClockPump
{
    private readonly IScheduler _scheduler;
    private readonly Func<bool> _isRunning;
    private readonly Action _start;
    private readonly Action _stop;
    private ExceptionDispatchInfo? _fault;

    private VirtualClockPump(IScheduler scheduler, Func<bool> isRunning, Action start, Action stop)
    {
        _scheduler = scheduler;
        _isRunning = isRunning;
        _start = start;
        _stop = stop;
    }

    public static void Run(IScheduler scheduler, Func<Task> body, TimeSpan limit)
    {
        // TestScheduler measures time in ticks, HistoricalScheduler in dates. Both are advanced in the same way.
        var pump = scheduler switch
        {
            VirtualTimeSchedulerBase<long, long> ticks => new VirtualClockPump(ticks, () => ticks.IsEnabled, ticks.Start, ticks.Stop),
            VirtualTimeSchedulerBase<DateTimeOffset, TimeSpan> dates =>
                new VirtualClockPump(dates, () => dates.IsEnabled, dates.Start, dates.Stop),
            _ => throw new NotSupportedException(
                $"{scheduler.GetType().Name} has no virtual time. Use a TestScheduler or HistoricalScheduler, or await the task."),
        };
        if (pump._isRunning())
            throw new InvalidOperationException(
                "The scheduler is running already. Await the inner task instead of calling Run inside of Run.");
        pump.Run(body, limit);
    }

    private void Run(Func<Task> body, TimeSpan limit)
    {
        var runtime = SchedulerRuntime.For(_scheduler);
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        runtime.Pin(Stop);
        try
        {
            Task? done = null;
            using var late = _scheduler.Schedule(limit, _stop);
            runtime.Post(() =>
            {
                done = body();
                _ = done.ContinueWith(
                    static (_, pump) => ((VirtualClockPump)pump!)._stop(),
                    this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            });
            _start();
            _fault?.Throw();
            if (done is not { IsCompleted: true })
            {
                throw new TimeoutException(
                    $"The task has not completed within {limit} of virtual time. It waits for something that never happens, " +
                    "or for something outside of virtual time, such as Task.Delay, Task.Run or a channel.");
            }
#pragma warning disable VSTHRD002 // The task has completed: this takes its result or fault.
            done.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        }
        finally
        {
            // After an exception the scheduler still considers itself running, so it is stopped.
            _stop();
            runtime.Unpin();
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void Stop(ExceptionDispatchInfo fault)
    {
        _fault ??= fault;
        _stop();
    }
}
