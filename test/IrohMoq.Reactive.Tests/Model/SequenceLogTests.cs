using CsCheck;
using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>The log of group numbers against a plain set of numbers: whatever comes, in whatever order.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SequenceLogTests
{
    private const int MostRanges = 128;

    private enum Step
    {
        Add,
        AddNext,
        GiveUp,
        Begin,
        Wait,
    }

    [Test]
    public void FewNumbers_AreCountedAsAPlainSetCountsThem() => Check(highest: 40, steps: 60, iterations: 1_500);

    [Test]
    public void MoreRangesThanAreKept_AreCountedAsAPlainSetCountsThem() => Check(highest: 700, steps: 600, iterations: 12);

    [Test]
    public void PublisherThatDropsEverySecondNumber_TakesNoMoreMemory()
    {
        var log = new SequenceLog(new VirtualWorld().Runtime);
        for (var number = 0UL; number < 20_000; number += 2)
        {
            log.GiveUp(number, number);
            GiveUpExcess(log);
        }

        Assert.That(log.RangeCount, Is.LessThanOrEqualTo(MostRanges));
        Assert.That((log.Highest, log.Missing), Is.EqualTo((19_998UL, 19_999L)));
    }

    [Test]
    public void WholeRangeOfNumbers_IsGivenUpAtOnce()
    {
        var log = new SequenceLog(new VirtualWorld().Runtime);
        log.TryAdd(5);
        log.GiveUp(0, TrackProducer.MaxSequence);
        Assert.That(
            (log.Missing, log.Open, log.Covers(0, TrackProducer.MaxSequence), log.TryAdd(7)),
            Is.EqualTo(((long)TrackProducer.MaxSequence, 0L, true, false)));
    }

    [Test]
    public void NumbersBelowTheFirstThatShouldCome_AreBoundedToo()
    {
        var log = new SequenceLog(new VirtualWorld().Runtime);
        log.BeginAt(1_000_000);
        for (var number = 0UL; number < 1_000; number += 2)
        {
            log.TryAdd(number);
            GiveUpExcess(log);
        }

        Assert.That((log.RangeCount <= MostRanges, log.GivenUp), Is.EqualTo((true, 0L)));
    }

    /// <summary>
    /// Numbers below the first one were requested later: the lowest that comes is the first one, whatever was abandoned before it came, and
    /// what is missing above it is missing since the last of them has come.
    /// </summary>
    [Test]
    public void NumbersThatAreRequestedLater_CountFromTheLowestThatComes()
    {
        var world = new VirtualWorld();
        var log = new SequenceLog(world.Runtime);
        var second = TimeSpan.FromSeconds(1);
        log.BeginAt(10);
        log.TryAdd(10);
        world.Scheduler.AdvanceBy(TimeSpan.FromSeconds(60));
        log.ExtendBelow(10);
        Assert.That((log.Begin, log.Missing, log.OpenFor(second, null)), Is.EqualTo((10UL, 0L, 0L)));
        log.GiveUp(0, 2);
        log.GiveUp(5, 6);
        Assert.That(log.GivenUp, Is.Zero, "it is not known that the publisher has had them");
        Assert.That((log.IsLowerAndRequested(4), log.IsLowerAndRequested(10)), Is.EqualTo((true, false)));
        log.TryAdd(4);
        log.Lower(4);
        Assert.That((log.Begin, log.GivenUp, log.Open, log.OpenFrom(10)), Is.EqualTo((4UL, 2L, 3L, 0L)));
        Assert.That((log.FirstToCome(second), log.FirstToCome(second, 10), log.OpenFor(second, null)), Is.EqualTo((7UL, 11UL, 0L)));
        world.Scheduler.AdvanceBy(TimeSpan.FromSeconds(0.8));
        log.TryAdd(8);
        log.Lower(8);
        world.Scheduler.AdvanceBy(TimeSpan.FromSeconds(0.8));
        Assert.That((log.Begin, log.Open, log.OpenFor(second, null)), Is.EqualTo((4UL, 2L, 0L)), "others still come");
        world.Scheduler.AdvanceBy(TimeSpan.FromSeconds(0.3));
        Assert.That((log.OpenFor(second, null), log.FirstToCome(second)), Is.EqualTo((2L, 11UL)));
        Assert.That(log.OpenWithin(0, 12), Is.EqualTo(new (ulong, ulong)[] { (3, 3), (7, 7), (9, 9), (11, 12) }));
        Assert.That(log.Covered(2, 8), Is.EqualTo(new (ulong, ulong)[] { (2, 2), (4, 6), (8, 8) }));
    }

    /// <summary>Gives up numbers as the track does.</summary>
    private static void GiveUpExcess(SequenceLog log)
    {
        while (log.Excess is { } gap)
            log.GiveUp(gap.First, gap.Last);
    }

    private static void Check(ulong highest, int steps, int iterations) =>
        Gen.Select(Gen.Enum<Step>(), Gen.ULong[0, highest], Gen.ULong[0, 9]).Array[0, steps].Sample(
            program =>
            {
                var world = new VirtualWorld();
                var (log, naive) = (new SequenceLog(world.Runtime), new NaiveSequences(MostRanges));
                foreach (var (step, number, length) in program)
                {
                    var now = world.Runtime.GetTimestamp();
                    switch (step)
                    {
                        case Step.Add:
                            Assert.That(log.TryAdd(number), Is.EqualTo(naive.TryAdd(number, now)), $"add {number}");
                            break;
                        case Step.AddNext:
                            var next = (log.Highest ?? 0) + 1 + (length / 4);
                            Assert.That(log.TryAdd(next), Is.EqualTo(naive.TryAdd(next, now)), $"add {next}");
                            break;
                        case Step.GiveUp:
                            log.GiveUp(number, number + length);
                            naive.GiveUp(number, number + length, now);
                            break;
                        case Step.Begin:
                            log.BeginAt(number);
                            naive.BeginAt(number);
                            break;
                        default:
                            world.Scheduler.AdvanceBy(TimeSpan.FromMilliseconds(length * 100));
                            break;
                    }

                    GiveUpExcess(log);
                    now = world.Runtime.GetTimestamp();
                    var time = TimeSpan.FromMilliseconds(500);
                    Assert.That(
                        (log.Highest, log.Missing, log.Open, log.GivenUp + log.OpenFor(time, null), log.Covers(number, number + length)),
                        Is.EqualTo((
                            naive.Highest, naive.Missing, naive.Open, naive.MissingFor(time.Ticks, now),
                            naive.Covers(number, number + length))),
                        $"after {step} {number} {length}");
                }
            },
            iter: iterations);
}
