using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Network;

public sealed class RunTests
{
    public static IEnumerable<IScheduler> VirtualSchedulers => [new TestScheduler(), new HistoricalScheduler()];

    [TestCaseSource(nameof(VirtualSchedulers))]
    public void QuietTime_IsSkipped(IScheduler scheduler)
    {
        var network = new InMemoryNetwork(scheduler);
        var start = scheduler.Now;
        network.Run(async () => await network.Runtime.DelayAsync(TimeSpan.FromDays(100)), TimeSpan.FromDays(200));
        network.Run(async () => await network.Runtime.DelayAsync(TimeSpan.FromDays(100)), TimeSpan.FromDays(200));
        Assert.That(scheduler.Now - start, Is.EqualTo(TimeSpan.FromDays(200)).Within(TimeSpan.FromMilliseconds(1)));
    }

    [TestCaseSource(nameof(VirtualSchedulers))]
    public void TaskThatNeverEnds_TimesOut(IScheduler scheduler)
    {
        var network = new InMemoryNetwork(scheduler);
        Assert.That(() => network.Run(() => new Signal(network.Runtime).WaitAsync().AsTask()), Throws.TypeOf<TimeoutException>());
        network.Run(() => Task.CompletedTask);
    }

    [TestCaseSource(nameof(VirtualSchedulers))]
    public void Fault_IsThrown_AndTheSchedulerIsUsableAfterwards(IScheduler scheduler)
    {
        var network = new InMemoryNetwork(scheduler);
        Assert.That(
            () => network.Run(async () =>
            {
                await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
                throw new IOException("the body");
            }), Throws.TypeOf<IOException>().With.Message.EqualTo("the body"));
        Assert.That(() => network.Run(() => throw new IOException("before its task")), Throws.TypeOf<IOException>());
        Assert.That(
            () => network.Run(() =>
            {
                network.Runtime.Post(() => throw new IOException("a turn"));
                return new Signal(network.Runtime).WaitAsync().AsTask();
            }), Throws.TypeOf<IOException>().With.Message.EqualTo("a turn"));
        Assert.That(
            () => network.Run(() =>
            {
                using var kept = network.Runtime.CreateTimer(
                    _ => throw new IOException("a timer"), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                network.Runtime.CreateTimer(_ => throw new IOException("a timer"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
                return new Signal(network.Runtime).WaitAsync().AsTask();
            }), Throws.TypeOf<IOException>().With.Message.EqualTo("a timer"));
        Assert.That(
            () => network.Run(() =>
            {
                scheduler.Schedule(TimeSpan.FromSeconds(1), () => throw new IOException("a scheduled item"));
                return new Signal(network.Runtime).WaitAsync().AsTask();
            }), Throws.TypeOf<IOException>().With.Message.EqualTo("a scheduled item"));
        network.Run(async () => await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void SynchronizationContext_IsRestored()
    {
        var network = new InMemoryNetwork(new TestScheduler());
        var context = new SynchronizationContext();
        var before = SynchronizationContext.Current;
        try
        {
            SynchronizationContext.SetSynchronizationContext(context);
            network.Run(async () =>
            {
                Assert.That(SynchronizationContext.Current, Is.Null);
                await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
                Assert.That(SynchronizationContext.Current, Is.Null);
            });
            Assert.That(SynchronizationContext.Current, Is.SameAs(context));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [Test]
    public void EverythingRuns_OnTheThreadThatPumps()
    {
        var network = new InMemoryNetwork(new TestScheduler());
        var thread = Environment.CurrentManagedThreadId;
        network.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await network.Runtime.DelayAsync(TimeSpan.FromMilliseconds(1)).ConfigureAwait(false);
                Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread));
            }
        });
    }

    [Test]
    public void LeavingVirtualTime_Throws()
    {
        var network = new InMemoryNetwork(new TestScheduler());
        Exception? hop = null;
        Assert.That(
            () => network.Run(async () =>
            {
                var away = Task.Run(() => hop = Assert.Catch(() => network.Runtime.Post(() => { })));
                // This blocks the pump until the other thread has tried: an await would leave virtual time.
                away.Wait();
                await new Signal(network.Runtime).WaitAsync();
            }), Throws.TypeOf<TimeoutException>());
        Assert.That(hop, Is.TypeOf<InvalidOperationException>());
    }

    [Test]
    public void NestedRun_IsRefused()
    {
        var network = new InMemoryNetwork(new TestScheduler());
        network.Run(() =>
        {
            Assert.That(() => network.Run(() => Task.CompletedTask), Throws.InvalidOperationException);
            return Task.CompletedTask;
        });
    }

    [Test]
    public void RealTime_CannotBeAdvanced()
    {
        var network = new InMemoryNetwork(TaskPoolScheduler.Default);
        Assert.That(() => network.Run(() => Task.CompletedTask), Throws.TypeOf<NotSupportedException>());
    }
}
