using System.Collections.Concurrent;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace IrohMoq.Reactive.Time;

/// <summary>
/// Represents the runtime on an <see cref="IScheduler"/>: a queue of work items that the scheduler runs, several in one scheduled item.
/// On a virtual-time scheduler, everything that waits runs on the thread that advances the time, in a fixed order.
/// </summary>
/// <remarks>
/// A work item or timer must not throw. If it does, the exception is thrown from the scheduled item, and the items behind it run in the
/// next scheduled item. While the runtime is pinned, the exception is reported to the caller of the virtual-time run instead, because it
/// would leave the virtual-time scheduler unusable.
/// </remarks>
internal sealed class SchedulerRuntime : Runtime
{
    private const int MostItemsAtOneInstant = 10_000_000;

    private const int ItemsBetweenChecks = 4096;

    // A test scheduler advances its clock by one tick with each scheduled item.
    private static readonly TimeSpan LongestInstant = TimeSpan.FromMilliseconds(1);

    private static readonly ConditionalWeakTable<IScheduler, SchedulerRuntime> PerScheduler = [];

    private readonly IScheduler _scheduler;
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _ready = new();
    private readonly SerialDrain _drain;
    private readonly bool _isVirtual;
    private volatile bool _isDead;
    private DateTimeOffset _instant;
    private Pump? _pump;
    private int _items;

    private SchedulerRuntime(IScheduler scheduler)
    {
        _scheduler = scheduler;
        _isVirtual = RuntimeSchedulers.IsVirtual(scheduler);
        _drain = new SerialDrain(scheduler, int.MaxValue, RunNext, OnFault);
    }

    /// <summary>Gets the scheduler on which this runtime runs.</summary>
    public IScheduler Scheduler => _scheduler;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Returns the runtime of a scheduler. All users of one scheduler share one runtime and its queue.</summary>
    /// <exception cref="ArgumentException">The scheduler runs work on its caller's stack.</exception>
    public static SchedulerRuntime For(IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        if (scheduler is ImmediateScheduler or CurrentThreadScheduler)
        {
            throw new ArgumentException(
                $"{scheduler.GetType().Name} runs work on its caller's stack, and under its caller's locks. "
                + "Use a scheduler with a queue or threads of its own.",
                nameof(scheduler));
        }

        return PerScheduler.GetValue(scheduler, static key => new SchedulerRuntime(key));
    }

    /// <summary>
    /// Throws an exception of a scheduled item or, during a virtual-time run of the scheduler, reports the exception to that run.
    /// </summary>
    public static void Raise(IScheduler scheduler, Exception fault)
    {
        if (PerScheduler.TryGetValue(scheduler, out var runtime) && Volatile.Read(ref runtime._pump) is { } pump)
            pump.Report(ExceptionDispatchInfo.Capture(fault));
        else
            ExceptionDispatchInfo.Throw(fault);
    }

    public override DateTimeOffset GetUtcNow() => _scheduler.Now;

    public override long GetTimestamp() => _scheduler.Now.UtcTicks;

    public override void Post(IThreadPoolWorkItem item)
    {
        Verify();
        _ready.Enqueue(item);
        _drain.Wake();
        if (_isDead)
            MoveToPool();
    }

    /// <summary>
    /// Restricts this runtime to the current thread, with no synchronization context installed, until <see cref="Unpin"/> is called. Any
    /// other use throws an exception.
    /// </summary>
    /// <param name="report">The callback that receives the exceptions of work items and timers, on this thread.</param>
    public void Pin(Action<ExceptionDispatchInfo> report) =>
        Volatile.Write(ref _pump, new Pump(Environment.CurrentManagedThreadId, report));

    /// <summary>Ends the restriction that <see cref="Pin"/> started.</summary>
    public void Unpin() => Volatile.Write(ref _pump, null);

    public override void Verify()
    {
        if (Volatile.Read(ref _pump) is not { } pump)
            return;
        if (Environment.CurrentManagedThreadId != pump.Thread)
        {
            throw new InvalidOperationException(
                "Virtual time was left: this call came from a thread that does not advance it. "
                + "Something awaited a task that continues on the thread pool, or a test used the network from outside of its run.");
        }

        if (SynchronizationContext.Current is not null)
            throw new InvalidOperationException("A SynchronizationContext is installed on the thread that advances virtual time.");
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Verify();
        return new ScheduledTimer(this, callback, state, dueTime, period);
    }

    /// <summary>
    /// Handles a failure. After an exception from a work item, the items behind it still run. After a failure of the scheduler, which has
    /// been disposed, the queued items are moved to the thread pool.
    /// </summary>
    private bool OnFault(Exception fault, bool isStep)
    {
        if (isStep)
            return true;
        _isDead = true;
        MoveToPool();
        return false;
    }

    /// <summary>
    /// Moves the queued items to the thread pool after the scheduler was disposed, because otherwise they would never run.
    /// </summary>
    private void MoveToPool()
    {
        while (_ready.TryDequeue(out var item))
            ThreadPoolRuntime.Instance.Post(item);
    }

    private bool RunNext()
    {
        if (!_ready.TryDequeue(out var item))
            return false;
        if (_pump is not null)
            CheckProgress();
        item.Execute();
        return !_ready.IsEmpty;
    }

    /// <summary>Throws an exception if the work at one instant of virtual time does not end.</summary>
    private void CheckProgress()
    {
        if (++_items % ItemsBetweenChecks != 0)
            return;
        var now = _scheduler.Now;
        if (now - _instant > LongestInstant)
            (_instant, _items) = (now, 0);
        else if (_items > MostItemsAtOneInstant)
            throw new InvalidOperationException("Virtual time makes no progress: the work items at this instant do not end.");
    }

    private sealed record Pump(int Thread, Action<ExceptionDispatchInfo> Report);

    /// <summary>Represents a timer that has at most one scheduled item, which is replaced when the timer is changed.</summary>
    private sealed class ScheduledTimer : ITimer
    {
        private readonly SchedulerRuntime _runtime;
        private readonly SerialDisposable _item = new();
        private Action? _fire;
        private TimeSpan _period;

        public ScheduledTimer(SchedulerRuntime runtime, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _runtime = runtime;
            _fire = () => callback(state);
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_item.IsDisposed)
                return false;
            _period = period;
            _item.Disposable = dueTime == Timeout.InfiniteTimeSpan ? Disposable.Empty : Schedule(dueTime);
            return true;
        }

        public void Dispose()
        {
            _item.Dispose();
            // A virtual-time scheduler keeps a canceled item until the time at which it would have been due; the callback's state must
            // not be kept as long.
            _fire = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private IDisposable Schedule(TimeSpan dueTime)
        {
            try
            {
                return _runtime._scheduler.Schedule(this, dueTime, static (_, timer) =>
                {
                    timer.Fire();
                    return Disposable.Empty;
                });
            }
            catch (ObjectDisposedException)
            {
                // A wait must end even if the scheduler was disposed before it.
                return ThreadPoolRuntime.Instance.CreateTimer(
                    static timer => ((ScheduledTimer)timer!).Fire(), this, dueTime, Timeout.InfiniteTimeSpan);
            }
        }

        private void Fire()
        {
            if (_fire is not { } fire)
                return;
            if (_period != Timeout.InfiniteTimeSpan && _period > TimeSpan.Zero)
                Change(_period, _period);
            // With a context, .NET would continue the awaits that the timer completes on the thread pool, outside virtual time.
            using var _ = _runtime._isVirtual ? NoSynchronizationContext.Enter() : default;
            try
            {
                fire();
            }
            catch (Exception fault)
            {
                Raise(_runtime._scheduler, fault);
            }
        }
    }
}
