using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

[Parallelizable(ParallelScope.All)]
public sealed class DropListTests
{
    [Test]
    public void GroupsThatFollowOneAnother_MakeOneRange_UnlessTheirCodesDiffer()
    {
        var drops = new DropList();
        drops.Add(3, 3, MoqErrorCode.Old);
        drops.Add(4, 6, MoqErrorCode.Old);
        drops.Add(7, 7, MoqErrorCode.Evicted);
        drops.Add(9, 9, MoqErrorCode.Evicted);
        Assert.That(
            TakeAll(drops),
            Is.EqualTo(new[] { Drop(3, 6, MoqErrorCode.Old), Drop(7, 7, MoqErrorCode.Evicted), Drop(9, 9, MoqErrorCode.Evicted) }));
        Assert.That(drops.TryTake(out _), Is.False);
    }

    [Test]
    public void SubscriberThatReadsNothing_GetsTheFirstRanges_AndNoMoreAreKept()
    {
        var drops = new DropList();
        for (var i = 0UL; i < 10_000; i++)
            drops.Add(2 * i, 2 * i, MoqErrorCode.Old);
        Assert.That(drops.TryTake(out var first) ? first : default, Is.EqualTo(Drop(0, 0, MoqErrorCode.Old)));
        // The list has room for one more.
        drops.Add(50_000, 50_001, MoqErrorCode.Old);
        drops.Add(60_000, 60_000, MoqErrorCode.Old);
        var kept = TakeAll(drops);
        Assert.That(kept, Has.Count.EqualTo(DropList.Capacity));
        Assert.That((kept[0], kept[^1]), Is.EqualTo((Drop(2, 2, MoqErrorCode.Old), Drop(50_000, 50_001, MoqErrorCode.Old))));
    }

    private static SubscribeDrop Drop(ulong first, ulong last, MoqErrorCode code) => new(first, last, code.Value);

    private static List<SubscribeDrop> TakeAll(DropList drops)
    {
        var taken = new List<SubscribeDrop>();
        while (drops.TryTake(out var drop))
            taken.Add(drop);
        return taken;
    }
}
