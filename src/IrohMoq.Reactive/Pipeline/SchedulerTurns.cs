using System.Collections.Concurrent;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// Turns on an <see cref="IScheduler"/>: a queue that the scheduler drains, one scheduled item per burst. On a virtual-time scheduler everything that waits on it
/// takes its turns on the thread that advances the time, in one order.
/// </summary>
internal sealed class SchedulerTurns : Turns
{
    private const int MostTurnsAtOneInstant = 10_000_000;

    private static readonly ConditionalWeakTable<IScheduler, SchedulerTurns> PerScheduler = [];

    private readonly IScheduler _scheduler;
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _ready = new();
    private int _armed;
    private int? _pump;

    private SchedulerTurns(IScheduler scheduler) => _scheduler = scheduler;

    /// <summary>What a turn threw, for the pump to rethrow: an exception that left a scheduled item would leave the scheduler stuck.</summary>
    public ExceptionDispatchInfo? Fault { get; private set; }

    /// <summary>What drains the queue.</summary>
    public IScheduler Scheduler => _scheduler;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The turns of a scheduler: everything on one scheduler shares one queue.</summary>
    public static SchedulerTurns For(IScheduler scheduler) => PerScheduler.GetValue(scheduler, static key => new SchedulerTurns(key));

    public override DateTimeOffset GetUtcNow() => _scheduler.Now;

    public override long GetTimestamp() => _scheduler.Now.UtcTicks;

    public override void Post(IThreadPoolWorkItem item)
    {
        Verify();
        _ready.Enqueue(item);
        if (Interlocked.Exchange(ref _armed, 1) == 0)
            Arm();
    }

    /// <summary>From now on only this thread may use these turns, with no synchronization context installed; anything else throws where it happens.</summary>
    public void PinToCurrentThread() => _pump = Environment.CurrentManagedThreadId;

    /// <summary>Any thread may use these turns again.</summary>
    public void Unpin() => _pump = null;

    public override void Verify()
    {
        if (_pump is not { } pump)
            return;
        if (Environment.CurrentManagedThreadId != pump)
            throw new InvalidOperationException("Virtual time was left: called from a thread that does not advance it. Something awaited a task that hops, or a test touched the swarm from outside.");
        if (SynchronizationContext.Current is not null)
            throw new InvalidOperationException("A SynchronizationContext is installed on the thread that advances virtual time.");
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Verify();
        return new ScheduledTimer(_scheduler, callback, state, dueTime, period);
    }

    private void Arm() => _scheduler.Schedule(this, static (_, self) =>
    {
        self.Drain();
        return Disposable.Empty;
    });

    private void Drain()
    {
        var turns = 0;
        try
        {
            do
            {
                while (_ready.TryDequeue(out var item))
                {
                    if (_pump is not null && ++turns > MostTurnsAtOneInstant)
                        throw new InvalidOperationException("No progress: virtual time stands still.");
                    item.Execute();
                }

                Volatile.Write(ref _armed, 0);
            }
            while (!_ready.IsEmpty && Interlocked.Exchange(ref _armed, 1) == 0);
        }
        catch (Exception fault)
        {
            // The others' turns must not stop for one: what is left is drained by another item.
            Arm();
            if (_pump is null)
                throw;
            Fault ??= ExceptionDispatchInfo.Capture(fault);
        }
    }

    /// <summary>A timer as one scheduled item at a time, replaced when it is changed.</summary>
    private sealed class ScheduledTimer : ITimer
    {
        private readonly IScheduler _scheduler;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly SerialDisposable _item = new();
        private TimeSpan _period;

        public ScheduledTimer(IScheduler scheduler, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _scheduler = scheduler;
            _callback = callback;
            _state = state;
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_item.IsDisposed)
                return false;
            _period = period;
            _item.Disposable = dueTime == Timeout.InfiniteTimeSpan
                ? Disposable.Empty
                : _scheduler.Schedule(this, dueTime, static (_, timer) =>
                {
                    timer.Fire();
                    return Disposable.Empty;
                });
            return true;
        }

        public void Dispose() => _item.Dispose();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Fire()
        {
            if (_item.IsDisposed)
                return;
            if (_period != Timeout.InfiniteTimeSpan && _period > TimeSpan.Zero)
                Change(_period, _period);
            _callback(_state);
        }
    }
}
