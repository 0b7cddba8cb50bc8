namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class GroupRingTests
{
    [Test]
    public void OneThatStaysAtTheFront_DoesNotMakeTheRingGrow() => Studio.Run(static studio =>
    {
        // The newest group is never dropped: if a peer begins with the highest number, it is the oldest as well.
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var ring = new GroupRing();
        ring.Add(group);
        for (var i = 1; i < 100_000; i++)
        {
            ring.Add(group);
            if (i > 4)
                ring.Remove(i - 4);
        }

        Assert.That((ring.Count, ring.Start, ring.End), Is.EqualTo((5, 0L, 100_000L)));
        Assert.That(ring.Capacity, Is.LessThanOrEqualTo(16));
    });

    [Test]
    public void ManyThatHaveGone_LeaveNoHolesToWalkThrough() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var ring = new GroupRing();
        for (var i = 0; i < 10_000; i++)
            ring.Add(group);
        for (var i = 1; i < 10_000; i++)
            ring.Remove(i);
        ring.Add(group);
        Assert.That((ring.Capacity, ring.Count), Is.EqualTo((8, 2)));
        Assert.That(new[] { 0L, 1, 10_000, 10_001 }.Select(ring.Next), Is.EqualTo(new[] { 0L, 10_000, 10_000, 10_001 }));
    });

    [Test]
    public void WhateverIsAddedAndRemoved_IsWhatIsThere([Range(0, 19)] int seed) => Studio.Run(studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var (ring, kept, chance) = (new GroupRing(), new SortedSet<long>(), new Random(seed));
        for (var step = 0; step < 2_000; step++)
        {
            // The ring grows and shrinks in turn.
            if (kept.Count == 0 || chance.Next(100) < (step / 200 % 2 == 0 ? 70 : 30))
            {
                kept.Add(ring.End);
                ring.Add(group);
            }
            else
            {
                var gone = kept.ElementAt(chance.Next(kept.Count));
                kept.Remove(gone);
                ring.Remove(gone);
            }

            Assert.That(ring.Count, Is.EqualTo(kept.Count));
            var from = chance.NextInt64(ring.End + 1);
            Assert.That(ring.Next(from), Is.EqualTo(kept.GetViewBetween(from, long.MaxValue).FirstOrDefault(ring.End)));
        }

        var left = new List<long>();
        foreach (var (index, _) in ring)
            left.Add(index);
        Assert.That(left, Is.EqualTo(kept));
    });

    [Test]
    public void Next_IsTheFirstThatIsLeftFromAnIndexOn() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var ring = new GroupRing();
        for (var i = 0; i < 40; i++)
            ring.Add(group);
        for (var i = 0; i < 40; i++)
        {
            if (i % 10 != 3)
                ring.Remove(i);
        }

        Assert.That(new[] { 0L, 3, 4, 33, 34, 40 }.Select(ring.Next), Is.EqualTo(new[] { 3L, 3, 13, 33, 40, 40 }));
        Assert.That((ring[13], ring[14]), Is.EqualTo((group, (GroupProducer?)null)));
    });

    [Test]
    public void HolesBelowTheReadersFirstGroup_AreNotMissed() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 2 });
        track.Put(sequence: 1_000_000);
        using var cursor = track.OpenCursor();
        Assert.That(cursor.TakeAll(), Is.EqualTo(new ulong[] { 1_000_000 }));
        for (ulong i = 0; i < 10_000; i++)
            track.Put(sequence: i);
        Assert.That(cursor.TakeAll(), Is.EqualTo(new ulong[] { 9_999 }));
        Assert.That(cursor.Skipped, Is.Zero, "what is missed is counted from the first group on");
    });
}
