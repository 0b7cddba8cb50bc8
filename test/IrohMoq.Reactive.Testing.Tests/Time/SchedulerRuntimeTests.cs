using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Time;

[NonParallelizable]
public sealed class SchedulerTurnsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static IEnumerable<IScheduler> VirtualSchedulers => [new TestScheduler(), new HistoricalScheduler()];

    [TestCaseSource(nameof(VirtualSchedulers))]
    public void Posted_RunInOrderInOneScheduledItem(IScheduler scheduler)
    {
        var runtime = SchedulerRuntime.For(scheduler);
        var seen = new List<int>();
        var start = scheduler.Now;
        for (var i = 0; i < 1000; i++)
        {
            var number = i;
            runtime.Post(() =>
            {
                seen.Add(number);
                if (number == 0)
                    runtime.Post(() => seen.Add(1000));
            });
        }

        Assert.That(seen, Is.Empty, "Nothing runs on the poster's stack.");
        Start(scheduler);
        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, 1001)));
        Assert.That(
            scheduler.Now - start,
            Is.LessThanOrEqualTo(TimeSpan.FromTicks(1)),
            "A TestScheduler's clock moves by a tick for each scheduled item.");
    }

    [Test]
    public void RuntimesOfOneScheduler_AreOne()
    {
        var scheduler = new TestScheduler();
        var runtime = SchedulerRuntime.For(scheduler);
        Assert.That(SchedulerRuntime.For(scheduler), Is.SameAs(runtime));
        Assert.That(runtime, Is.Not.SameAs(SchedulerRuntime.For(new TestScheduler())));
    }

    [Test]
    public void SchedulersThatRunOnTheirCallersStack_AreRefused()
    {
        Assert.That(() => SchedulerRuntime.For(ImmediateScheduler.Instance), Throws.ArgumentException);
        Assert.That(() => SchedulerRuntime.For(CurrentThreadScheduler.Instance), Throws.ArgumentException);
    }

    [TestCaseSource(nameof(VirtualSchedulers))]
    public void Timer_FiresWhenDueAndIsRearmedByChangeAndEndedByDispose(IScheduler scheduler)
    {
        var runtime = SchedulerRuntime.For(scheduler);
        var start = runtime.GetTimestamp();
        var fired = new List<double>();
        var timer = runtime.CreateTimer(
            _ => fired.Add(Math.Round(runtime.GetElapsedTime(start).TotalSeconds, 3)), null, Second, Timeout.InfiniteTimeSpan);
        Advance(scheduler, 3 * Second);
        Assert.That(fired, Is.EqualTo(new[] { 1.0 }));

        Assert.That(timer.Change(2 * Second, Second), Is.True);
        Assert.That(timer.Change(Second, 2 * Second), Is.True);
        Advance(scheduler, 6 * Second);
        Assert.That(fired, Is.EqualTo(new[] { 1.0, 4, 6, 8 }), "The later Change replaces the earlier; then every two seconds.");

        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Advance(scheduler, 10 * Second);
        Assert.That(fired, Has.Count.EqualTo(4));

        timer.Change(Second, Second);
        timer.Dispose();
        Assert.That(timer.Change(Second, Second), Is.False);
        Advance(scheduler, 10 * Second);
        Assert.That(fired, Has.Count.EqualTo(4));
    }

    [Test]
    public void RearmedTimers_AreNotKeptBeyondTheirTime()
    {
        var scheduler = new TestScheduler();
        using var timer = SchedulerRuntime.For(scheduler).CreateTimer(_ => { }, null, Second, Timeout.InfiniteTimeSpan);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 100_000; i++)
            timer.Change(30 * Second, Timeout.InfiniteTimeSpan);
        scheduler.AdvanceBy(31 * Second.Ticks);
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(4_000_000));
    }

    [Test]
    public void DisposedTimer_KeepsNothingOfItsOwnersAlive()
    {
        var scheduler = new TestScheduler();
        var state = DisposedTimersState(scheduler);
        GC.Collect();
        Assert.That(state.IsAlive, Is.False, "Its time has not come yet, but it holds nothing any more.");
        GC.KeepAlive(scheduler);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference DisposedTimersState(IScheduler scheduler)
        {
            var state = new object();
            SchedulerRuntime.For(scheduler).CreateTimer(_ => { }, state, Second, Timeout.InfiniteTimeSpan).Dispose();
            return new WeakReference(state);
        }
    }

    [Test]
    public void PinnedRuntime_ThrowsOnAnotherThreadAndUnderASynchronizationContext()
    {
        var runtime = SchedulerRuntime.For(new TestScheduler());
        var context = SynchronizationContext.Current;
        runtime.Pin(fault => fault.Throw());
        try
        {
            SynchronizationContext.SetSynchronizationContext(null);
            Assert.That(runtime.Verify, Throws.Nothing);
            Exception? elsewhere = null;
            var other = new Thread(() => elsewhere = Assert.Catch(() => new Signal(runtime).WaitAsync().AsTask()));
            other.Start();
            other.Join();
            Assert.That(elsewhere, Is.TypeOf<InvalidOperationException>().With.Message.Contains("thread"));

            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            Assert.That(() => runtime.Post(() => { }), Throws.InvalidOperationException.With.Message.Contains("SynchronizationContext"));
        }
        finally
        {
            runtime.Unpin();
            SynchronizationContext.SetSynchronizationContext(context);
        }

        Assert.That(runtime.Verify, Throws.Nothing);
    }

    [Test]
    public void UnpinnedItemThatThrows_FaultsItsScheduledItemAndTheOthersStillRun()
    {
        var faults = new List<Exception>();
        var inner = new HistoricalScheduler();
        var runtime = SchedulerRuntime.For(inner.Catch<Exception>(fault =>
        {
            faults.Add(fault);
            return true;
        }));
        var ran = 0;
        runtime.Post(() => ran++);
        runtime.Post(() => throw new IOException("bad item"));
        runtime.Post(() => ran++);
        inner.Start();
        runtime.Post(() => ran++);
        inner.Start();
        Assert.That(ran, Is.EqualTo(3));
        Assert.That(faults.Select(fault => fault.Message), Is.EqualTo(new[] { "bad item" }));
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task OverThePool_ManyPostersLoseNothingAndTurnsDoNotOverlap(CancellationToken cancellationToken)
    {
        const int posters = 4;
        const int each = 100_000;
        var runtime = SchedulerRuntime.For(TaskPoolScheduler.Default);
        var done = new Completion<bool>(ThreadPoolRuntime.Instance);
        var (ran, inside, overlaps) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, posters).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < each; i++)
                runtime.Post(Turn);
        }, cancellationToken)));
        await done.Task.WaitAsync(cancellationToken);
        Assert.That((ran, overlaps), Is.EqualTo((posters * each, 0)));

        void Turn()
        {
            if (Interlocked.Increment(ref inside) != 1)
                overlaps++;
            if (++ran == posters * each)
                done.TrySet(true);
            Interlocked.Decrement(ref inside);
        }
    }

    private static void Start(IScheduler scheduler)
    {
        if (scheduler is TestScheduler test)
            test.Start();
        else
            ((HistoricalScheduler)scheduler).Start();
    }

    private static void Advance(IScheduler scheduler, TimeSpan time)
    {
        if (scheduler is TestScheduler test)
            test.AdvanceBy(time.Ticks);
        else
            ((HistoricalScheduler)scheduler).AdvanceBy(time);
    }
}
