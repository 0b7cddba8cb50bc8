using System.Reactive.Concurrency;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>The serial drain and the ring of notices on real threads.</summary>
public sealed class DrainStressTests
{
    private const int Threads = 6;

    [Test]
    [CancelAfter(60_000)]
    public void SerialDrain_RunsOneStepAtATime_AndLosesNoWake([Values] bool onPool)
    {
        using var loop = new EventLoopScheduler();
        var (waiting, taken, running, overlaps) = (0, 0, 0, 0);
        var drain = new SerialDrain(
            onPool ? RuntimeSchedulers.Default : loop,
            onPool ? 256 : 1,
            () =>
            {
                if (Interlocked.Increment(ref running) != 1)
                    Interlocked.Increment(ref overlaps);
                var more = Volatile.Read(ref waiting) > 0;
                if (more)
                {
                    Interlocked.Decrement(ref waiting);
                    taken++;
                }

                Interlocked.Decrement(ref running);
                return Volatile.Read(ref waiting) > 0;
            },
            static (_, _) => false);
        const int Each = 100_000;
        RealThreads.Run(Threads, _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                Interlocked.Increment(ref waiting);
                drain.Wake();
            }
        });
        Assert.That(SpinWait.SpinUntil(() => Volatile.Read(ref waiting) == 0, TimeSpan.FromSeconds(30)), Is.True, "a wake was lost");
        Assert.That(overlaps, Is.Zero);
        Assert.That(taken, Is.EqualTo(Threads * Each));
    }

    [Test]
    [CancelAfter(60_000)]
    public void NoticeRing_SubscribersThatComeAndGo_TakeNothingFromOneThatStays()
    {
        const int Count = 10_000;
        var failures = new List<Exception>();
        var ring = new NoticeRing<object>(1 << 20, ThreadPoolRuntime.Instance, fault =>
        {
            lock (failures)
                failures.Add(fault);
        });
        var (published, got, outOfOrder, last) = (0, 0, 0, -1);
        using var stays = Observe().Subscribe(item =>
        {
            var number = (int)item;
            if (number != last + 1)
                outOfOrder++;
            last = number;
            got++;
        });
        RealThreads.Run(Threads, thread =>
        {
            while (Volatile.Read(ref published) < Count)
            {
                // The publisher stays within the ring, so that the subscriber skips nothing.
                if (thread == 0 && published - Volatile.Read(ref got) > 1_000)
                    Thread.Yield();
                else if (thread == 0)
                    ring.Publish(published++);
                else
                    Observe().Subscribe(static _ => { }).Dispose();
            }
        });
        Assert.That(
            SpinWait.SpinUntil(() => Volatile.Read(ref got) == Count, TimeSpan.FromSeconds(30)), Is.True, $"{got} of {Count}");
        Assert.That((outOfOrder, failures.Count), Is.EqualTo((0, 0)));

        IObservable<object> Observe() =>
            ring.Observe<object>(static () => static (item, _) => item, Replay<object>.None, RuntimeSchedulers.Default, null);
    }
}
