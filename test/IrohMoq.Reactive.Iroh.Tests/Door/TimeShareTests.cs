using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class TimeShareTests
{
    private const ulong Millisecond = 1_000_000;

    [Test]
    public void Share_AllowsABurst_AndThenItsPart()
    {
        var share = new TimeShare(percent: 25, most: 10 * (long)Millisecond);
        var now = 5_000 * Millisecond;
        Assert.That(Work(share, ref now), Is.EqualTo(14).Within(1), "10 ms that were saved, and 25 % of the 14 ms that pass meanwhile");
        now += 40 * Millisecond;
        Assert.That(Work(share, ref now), Is.EqualTo(14).Within(1), "40 ms earn 10 ms");
        now += 3_600_000 * Millisecond;
        Assert.That(Work(share, ref now), Is.EqualTo(14).Within(1), "an hour earns no more");
    }

    [Test]
    public void InTheLongRun_TheWorkTakesItsShare()
    {
        var share = new TimeShare(percent: 5, most: 10 * (long)Millisecond);
        var (now, worked) = (0UL, 0);
        while (now < 10_000 * Millisecond)
        {
            if (share.HasTime(now))
            {
                share.Spend(Millisecond);
                worked++;
            }

            now += Millisecond;
        }

        Assert.That(worked, Is.InRange(500, 511));
    }

    [Test]
    public void WorkThatWasInterrupted_CountsNoMoreThanTheMaximum()
    {
        var share = new TimeShare(percent: 10, most: 10 * (long)Millisecond);
        Assert.That(share.HasTime(0), Is.True);
        share.Spend(60_000 * Millisecond);
        Assert.That(share.HasTime(0), Is.False);
        Assert.That(share.HasTime(10 * Millisecond), Is.True);
    }

    [Test]
    public void FirstTime_MayBeAny()
    {
        Assert.That(new TimeShare(percent: 100, most: long.MaxValue / 1000).HasTime(ulong.MaxValue / 2), Is.True);
        Assert.That(new TimeShare(percent: 1, most: 1).HasTime(0), Is.True);
    }

    /// <summary>Does work of 1 ms each while there is time.</summary>
    private static int Work(TimeShare share, ref ulong now)
    {
        var count = 0;
        for (; share.HasTime(now); count++)
        {
            share.Spend(Millisecond);
            now += Millisecond;
        }

        return count;
    }
}
