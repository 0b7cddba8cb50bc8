using System.Collections.Concurrent;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// Work items on an <see cref="IScheduler"/>: a queue that the scheduler drains, one scheduled item per burst. On a virtual-time scheduler everything that waits on it
/// takes its turns on the thread that advances the time, in one order.
/// </summary>
/// <remarks>
/// An item or timer that throws breaks its contract. While the runtime is pinned the fault goes to the pump, because an exception that left a scheduled item would leave a
/// virtual-time scheduler stuck; otherwise it leaves the scheduled item, for the scheduler to treat as any other, and the items behind it run in the next one.
/// </remarks>
internal sealed class SchedulerRuntime : Runtime
{
    private const int MostItemsAtOneInstant = 10_000_000;

    private static readonly ConditionalWeakTable<IScheduler, SchedulerRuntime> PerScheduler = [];

    private readonly IScheduler _scheduler;
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _ready = new();
    private Pump? _pump;
    private int _armed;

    private SchedulerRuntime(IScheduler scheduler) => _scheduler = scheduler;

    /// <summary>What drains the queue.</summary>
    public IScheduler Scheduler => _scheduler;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The runtime of a scheduler: everything on one scheduler shares one queue.</summary>
    /// <exception cref="ArgumentException">The scheduler runs work on the stack of whoever schedules it.</exception>
    public static SchedulerRuntime For(IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        if (scheduler is ImmediateScheduler or CurrentThreadScheduler)
            throw new ArgumentException($"{scheduler.GetType().Name} runs work on its caller's stack, and under its caller's locks. Take one with a queue or threads of its own.", nameof(scheduler));
        return PerScheduler.GetValue(scheduler, static key => new SchedulerRuntime(key));
    }

    /// <summary>Refuses a broadcast that waits elsewhere than a peer whose time is virtual: what it wakes would leave the one thread there is, and a run would hang where nobody sees why.</summary>
    /// <param name="runtime">The peer's.</param>
    /// <param name="broadcast">What is to be published.</param>
    /// <exception cref="ArgumentException">The peer's time is virtual and the broadcast's is not the same.</exception>
    public static void Admit(Runtime runtime, BroadcastProducer broadcast)
    {
        if (runtime is SchedulerRuntime { _scheduler: VirtualTimeSchedulerBase<long, long> or VirtualTimeSchedulerBase<DateTimeOffset, TimeSpan> } && broadcast.Runtime != runtime)
            throw new ArgumentException("The broadcast is on another clock than this peer, whose time is virtual. Make it with the network's: new BroadcastProducer(network.Runtime).", nameof(broadcast));
    }

    public override DateTimeOffset GetUtcNow() => _scheduler.Now;

    public override long GetTimestamp() => _scheduler.Now.UtcTicks;

    public override void Post(IThreadPoolWorkItem item)
    {
        Verify();
        _ready.Enqueue(item);
        if (Interlocked.Exchange(ref _armed, 1) == 0)
            Arm();
    }

    /// <summary>Until <see cref="Unpin"/> only this thread may use this runtime, with no synchronization context installed; anything else throws where it happens.</summary>
    /// <param name="report">Gets what an item or timer throws; called on this thread.</param>
    public void Pin(Action<ExceptionDispatchInfo> report) => Volatile.Write(ref _pump, new Pump(Environment.CurrentManagedThreadId, report));

    /// <summary>Any thread may use this runtime again.</summary>
    public void Unpin() => Volatile.Write(ref _pump, null);

    public override void Verify()
    {
        if (Volatile.Read(ref _pump) is not { } pump)
            return;
        if (Environment.CurrentManagedThreadId != pump.Thread)
            throw new InvalidOperationException("Virtual time was left: called from a thread that does not advance it. Something awaited a task that hops, or a test touched the swarm from outside.");
        if (SynchronizationContext.Current is not null)
            throw new InvalidOperationException("A SynchronizationContext is installed on the thread that advances virtual time.");
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Verify();
        return new ScheduledTimer(this, callback, state, dueTime, period);
    }

    private void Arm() => _scheduler.Schedule(this, static (_, self) =>
    {
        self.Drain();
        return Disposable.Empty;
    });

    private void Drain()
    {
        var pump = _pump;
        var runtime = 0;
        try
        {
            do
            {
                while (_ready.TryDequeue(out var item))
                {
                    if (pump is not null && ++runtime > MostItemsAtOneInstant)
                        throw new InvalidOperationException("No progress: virtual time stands still, and the runtime at this instant do not end.");
                    item.Execute();
                }

                Interlocked.Exchange(ref _armed, 0);
            }
            while (!_ready.IsEmpty && Interlocked.Exchange(ref _armed, 1) == 0);
        }
        catch (Exception fault)
        {
            // Still armed: what is behind the item that threw gets a scheduled item of its own.
            Arm();
            if (pump is null)
                throw;
            pump.Report(ExceptionDispatchInfo.Capture(fault));
        }
    }

    private sealed record Pump(int Thread, Action<ExceptionDispatchInfo> Report);

    /// <summary>A timer as one scheduled item at a time, replaced when it is changed.</summary>
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
            _item.Disposable = dueTime == Timeout.InfiniteTimeSpan
                ? Disposable.Empty
                : _runtime._scheduler.Schedule(this, dueTime, static (_, timer) =>
                {
                    timer.Fire();
                    return Disposable.Empty;
                });
            return true;
        }

        public void Dispose()
        {
            _item.Dispose();
            // A virtual-time scheduler keeps a canceled item until it would have been due; what the timer was for need not live as long.
            _fire = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Fire()
        {
            if (_fire is not { } fire)
                return;
            if (_period != Timeout.InfiniteTimeSpan && _period > TimeSpan.Zero)
                Change(_period, _period);
            var pump = _runtime._pump;
            try
            {
                fire();
            }
            catch (Exception fault) when (pump is not null)
            {
                pump.Report(ExceptionDispatchInfo.Capture(fault));
            }
        }
    }
}
