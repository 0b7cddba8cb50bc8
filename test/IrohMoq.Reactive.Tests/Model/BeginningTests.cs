namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Where a reading begins is known when its reader comes: groups that come later, in whatever order, do not move it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class BeginningTests
{
    [Test]
    public void WithNothingThere_ItBeginsWithTheNextNumber() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var cursor = track.OpenCursor();
        track.Put(sequence: 10);
        track.Put(sequence: 2);
        Assert.That((cursor.First, cursor.Beginning), Is.EqualTo(((ulong?)null, 0UL)));
        using var later = track.OpenCursor(new SubscribeOptions { Start = GroupStart.From(20) });
        track.Put(sequence: 15);
        track.Put(sequence: 30);
        Assert.That((later.First, later.Beginning), Is.EqualTo(((ulong?)null, 20UL)), "the number that it asked for");
    });

    [Test]
    public void WithGroupsThere_ItBeginsWithTheNewest_OrTheFirstThatItAsksFor() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        foreach (var sequence in new ulong[] { 4, 8, 6 })
            track.Put(sequence: sequence);
        using var newest = track.OpenCursor();
        using var oldest = track.OpenCursor(new SubscribeOptions { Start = GroupStart.Oldest });
        using var some = track.OpenCursor(new SubscribeOptions { Start = GroupStart.From(5) });
        track.Put(sequence: 5);
        track.Put(sequence: 9);
        var beginnings = new[] { newest, oldest, some }.Select(static cursor => (cursor.First, cursor.Beginning));
        Assert.That(beginnings, Is.EqualTo(new (ulong?, ulong)[]
        {
            (8, 8),
            (4, 4),
            (8, 8),
        }), "in the order in which they came, 8 is before 6");
    });
}
