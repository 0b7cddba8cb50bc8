using CsCheck;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The limit of stateless answers, at any rate of events.</summary>
[Parallelizable(ParallelScope.All)]
public class RateLimitTests
{
    private const ulong Second = 1_000_000_000;

    /// <summary>The generic cell rate algorithm, another form of the token bucket, decides the same for each event.</summary>
    [Test]
    public void AnyEvents_AreLimitedToTheBurstAndTheRate() =>
        Gen.Select(Gen.Int[1, 2_000], Gen.Int[1, 50], Gen.ULong[0, Second / 50].Array[1, 300]).Sample(static (perSecond, burst, pauses) =>
        {
            var limit = new RateLimit(perSecond, burst);
            var interval = Second / (ulong)perSecond;
            var now = 100 * Second;
            var arrival = now;
            foreach (var pause in pauses)
            {
                now += pause;
                var isAllowed = arrival <= now + ((ulong)(burst - 1) * interval);
                if (isAllowed)
                    arrival = Math.Max(arrival, now) + interval;
                if (limit.TryTake(now) != isAllowed)
                    return false;
            }

            return true;
        });

    [Test]
    public void TimeThatStandsStill_AllowsTheBurstOnce()
    {
        var limit = new RateLimit(perSecond: 1_000, burst: 7);
        Assert.That(Enumerable.Range(0, 100).Count(_ => limit.TryTake(Second)), Is.EqualTo(7));
    }
}
