using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Time;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[NonParallelizable]
public sealed class SignalTests
{
    private readonly TestScheduler _scheduler = new();

    private Runtime Runtime => SchedulerRuntime.For(_scheduler);

    [Test]
    public void SetBeforeTheWait_LetsOneWaitPassAndNotTheNext()
    {
        var signal = new Signal(Runtime);
        signal.Set();
        signal.Set();
        Assert.That(signal.WaitAsync().AsTask().IsCompletedSuccessfully, Is.True);
        Assert.That(signal.WaitAsync().AsTask().IsCompleted, Is.False);
    }

    [Test]
    public void Set_NeverRunsTheWaiterOnItsStack()
    {
        var signal = new Signal(Runtime);
        var resumed = 0;
        var waiting = WaitAsync();
        signal.Set();
        Assert.That(resumed, Is.Zero);
        _scheduler.AdvanceBy(10);
        Assert.That(resumed, Is.EqualTo(1));
        Assert.That(waiting.IsCompletedSuccessfully, Is.True);

        async Task WaitAsync()
        {
            await signal.WaitAsync().ConfigureAwait(false);
            resumed++;
        }
    }

    [Test]
    public void SetTwiceWhileOneWaits_WakesOnce()
    {
        var signal = new Signal(Runtime);
        var waiting = signal.WaitAsync().AsTask();
        signal.Set();
        signal.Set();
        _scheduler.AdvanceBy(10);
        Assert.That(waiting.IsCompletedSuccessfully, Is.True);
        Assert.That(signal.WaitAsync().AsTask().IsCompleted, Is.False);
    }

    [Test]
    public void CanceledWait_EndsInATurnAndTheSignalLivesOn()
    {
        var signal = new Signal(Runtime);
        using var giveUp = new CancellationTokenSource();
        var waiting = signal.WaitAsync(giveUp.Token).AsTask();
        giveUp.Cancel();
        Assert.That(waiting.IsCompleted, Is.False);
        _scheduler.AdvanceBy(10);
        Assert.That(waiting.IsCanceled, Is.True);

        Assert.That(signal.WaitAsync(giveUp.Token).AsTask().IsCanceled, Is.True);
        var again = signal.WaitAsync().AsTask();
        signal.Set();
        _scheduler.AdvanceBy(10);
        Assert.That(again.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void AlreadyCanceledWait_LeavesTheSettingForTheNext()
    {
        var signal = new Signal(Runtime);
        signal.Set();
        Assert.That(signal.WaitAsync(new CancellationToken(canceled: true)).AsTask().IsCanceled, Is.True);
        Assert.That(signal.WaitAsync().AsTask().IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void Set_UnderTheWaitersOwnLock_DoesNotDeadlockOrReenter()
    {
        var signal = new Signal(Runtime);
        var gate = new Lock();
        var inside = false;
        var waiting = WaitAsync();
        lock (gate)
        {
            inside = true;
            signal.Set();
            inside = false;
        }

        _scheduler.AdvanceBy(10);
        Assert.That(waiting.IsCompletedSuccessfully, Is.True);

        async Task WaitAsync()
        {
            await signal.WaitAsync().ConfigureAwait(false);
            lock (gate)
                Assert.That(inside, Is.False);
        }
    }

    [Test]
    public async Task WaitsOverThePool_AllocateNothing()
    {
        const int rounds = 20_000;
        var (ping, pong) = (new Signal(ThreadPoolRuntime.Instance), new Signal(ThreadPoolRuntime.Instance));
        await RunAsync(1000);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await RunAsync(rounds);
        var perRound = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)rounds;
        Assert.That(perRound, Is.LessThan(16), "Bytes a round, and whatever else this process does meanwhile.");

        async Task RunAsync(int count)
        {
            var other = Task.Run(async () =>
            {
                for (var i = 0; i < count; i++)
                {
                    await ping.WaitAsync().ConfigureAwait(false);
                    pong.Set();
                }
            });
            for (var i = 0; i < count; i++)
            {
                ping.Set();
                await pong.WaitAsync().ConfigureAwait(false);
            }

            await other.ConfigureAwait(false);
        }
    }
}
