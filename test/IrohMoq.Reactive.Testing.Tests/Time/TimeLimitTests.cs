using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Time;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TimeLimitTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TestScheduler _scheduler = new();

    private Runtime Runtime => SchedulerRuntime.For(_scheduler);

    [Test]
    public void Limit_IsCanceledWhenTheTimeIsUpAndNotBefore()
    {
        using var limit = Runtime.Limit(Second);
        _scheduler.AdvanceBy(Second.Ticks - 1);
        Assert.That((limit.Token.IsCancellationRequested, limit.IsExpired), Is.EqualTo((false, false)));
        _scheduler.AdvanceBy(1);
        Assert.That((limit.Token.IsCancellationRequested, limit.IsExpired), Is.EqualTo((true, true)));
    }

    [Test]
    public void Limit_DistinguishesCancellationFromExpiry()
    {
        using var caller = new CancellationTokenSource();
        using var limit = Runtime.Limit(Second, caller.Token);
        caller.Cancel();
        Assert.That((limit.Token.IsCancellationRequested, limit.IsExpired), Is.EqualTo((true, false)));
        _scheduler.AdvanceBy(2 * Second.Ticks);
        Assert.That(limit.IsExpired, Is.False);
    }

    [Test]
    public void InfiniteLimit_IsCanceledByTheCallerOnly()
    {
        using var caller = new CancellationTokenSource();
        using var limit = Runtime.Limit(Timeout.InfiniteTimeSpan, caller.Token);
        _scheduler.AdvanceBy(TimeSpan.FromDays(1).Ticks);
        Assert.That(limit.Token.IsCancellationRequested, Is.False);
        caller.Cancel();
        Assert.That(limit.Token.IsCancellationRequested, Is.True);
    }

    [Test]
    public void DisposedLimit_IsNeverCanceled()
    {
        using var caller = new CancellationTokenSource();
        var limit = Runtime.Limit(Second, caller.Token);
        limit.Dispose();
        _scheduler.AdvanceBy(2 * Second.Ticks);
        caller.Cancel();
        Assert.That(limit.Token.IsCancellationRequested, Is.False);
    }

    [Test]
    public void Delay_TakesItsTimeAndNoMore()
    {
        var delay = Runtime.DelayAsync(Second).AsTask();
        _scheduler.AdvanceBy(Second.Ticks - 1);
        Assert.That(delay.IsCompleted, Is.False);
        _scheduler.AdvanceBy(10);
        Assert.That(delay.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void DelayOfZeroOrLess_ReturnsAtOnce([Values(0, -5)] int seconds) =>
        Assert.That(Runtime.DelayAsync(seconds * Second).AsTask().IsCompletedSuccessfully, Is.True);

    [Test]
    public void CanceledDelay_EndsEarly()
    {
        using var giveUp = new CancellationTokenSource();
        var delay = Runtime.DelayAsync(Second, giveUp.Token).AsTask();
        giveUp.Cancel();
        _scheduler.AdvanceBy(10);
        Assert.That(delay.IsCanceled, Is.True);
        Assert.That(_scheduler.Clock, Is.LessThan(Second.Ticks));
    }
}
