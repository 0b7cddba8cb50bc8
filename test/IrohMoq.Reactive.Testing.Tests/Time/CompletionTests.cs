using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Time;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class OneShotTests
{
    private readonly TestScheduler _scheduler = new();

    private Runtime Runtime => SchedulerRuntime.For(_scheduler);

    [Test]
    public void TheFirstResultWins_AndEveryWaiterGetsIt()
    {
        var shot = new Completion<int>(Runtime);
        var waiters = Enumerable.Range(0, 5).Select(async _ => await shot.Task.ConfigureAwait(false)).ToArray();
        Assert.That((shot.TrySet(1), shot.TrySet(2), shot.TryFail(new IOException())), Is.EqualTo((true, false, false)));
        Assert.That(shot.IsSet, Is.True);
        Assert.That(waiters.Any(waiter => waiter.IsCompleted), Is.False, "No waiter continues on the stack of the setter.");
        _scheduler.AdvanceBy(10);
        Assert.That(waiters.Select(waiter => waiter.Result), Is.All.EqualTo(1));
    }

    [Test]
    public void AFault_ReachesEveryWaiter()
    {
        var shot = new Completion<int>(Runtime);
        Assert.That(shot.TryFail(new IOException("broken")), Is.True);
        _scheduler.AdvanceBy(10);
        Assert.That(() => shot.Task.GetAwaiter().GetResult(), Throws.TypeOf<IOException>().With.Message.EqualTo("broken"));
        Assert.That(shot.TrySet(1), Is.False);
    }

    [Test]
    public void ACancellation_CancelsTheTaskWithItsToken()
    {
        using var giveUp = new CancellationTokenSource();
        giveUp.Cancel();
        var shot = new Completion<int>(Runtime);
        shot.TryFail(new OperationCanceledException(giveUp.Token));
        _scheduler.AdvanceBy(10);
        Assert.That(shot.Task.IsCanceled, Is.True);
        Assert.That(
            () => shot.Task.GetAwaiter().GetResult(),
            Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(giveUp.Token));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task SetByManyThreads_OneWins(CancellationToken cancellationToken)
    {
        for (var round = 0; round < 2000; round++)
        {
            var shot = new Completion<int>(ThreadPoolRuntime.Instance);
            var wins = 0;
            Parallel.For(0, 4, i =>
            {
                if (shot.TrySet(i))
                    Interlocked.Add(ref wins, 1 + (i << 8));
            });
            Assert.That(wins & 0xff, Is.EqualTo(1));
            Assert.That(await shot.Task.WaitAsync(cancellationToken), Is.EqualTo(wins >> 8));
        }
    }
}
