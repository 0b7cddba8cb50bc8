using System.Reactive.Concurrency;
using System.Runtime.ExceptionServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Advances a virtual-time scheduler until a task is done. It jumps from one scheduled item to the next, so a quiet hour costs nothing. Meanwhile no synchronization context is installed
/// and whatever leaves the thread is told so.
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
        // TestScheduler counts ticks, HistoricalScheduler dates; both are advanced in the same way.
        var pump = scheduler switch
        {
            VirtualTimeSchedulerBase<long, long> ticks => new VirtualClockPump(ticks, () => ticks.IsEnabled, ticks.Start, ticks.Stop),
            VirtualTimeSchedulerBase<DateTimeOffset, TimeSpan> dates => new VirtualClockPump(dates, () => dates.IsEnabled, dates.Start, dates.Stop),
            _ => throw new NotSupportedException(
                $"Only virtual time can be advanced, and {scheduler.GetType().Name} is not a TestScheduler or HistoricalScheduler. On a real scheduler just await the task."),
        };
        if (pump._isRunning())
            throw new InvalidOperationException("The scheduler is running already: a Run inside a Run would wait for itself. Await the inner task instead.");
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
                _ = done.ContinueWith(static (_, pump) => ((VirtualClockPump)pump!)._stop(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            });
            _start();
            _fault?.Throw();
            if (done is not { IsCompleted: true })
                throw new TimeoutException($"Not done after {limit} of virtual time: it waits for what nobody will do, or for something outside virtual time, such as Task.Delay, Task.Run or a channel.");
#pragma warning disable VSTHRD002 // It is done: this only takes its result or fault.
            done.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        }
        finally
        {
            // A scheduler that an exception left behind believes that it is still running.
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
