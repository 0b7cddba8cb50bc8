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

    /// <summary>
    /// The reader of a remote subscriber that asks for an earlier start takes what is kept and it has not taken, each once, behind what is
    /// newer. What is dropped before is not taken, and counts as read.
    /// </summary>
    [Test]
    public void ReaderOfAPeerThatBeginsEarlier_TakesWhatItHasPassed() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 8, Lossless = true, DropsWithoutReaders = true });
        using var slow = track.OpenCursor();
        for (var i = 0; i < 6; i++)
            track.Put();
        using var cursor = track.OpenCursor(peer: new Requester(default));
        Assert.That(cursor.TakeAll(), Is.EqualTo([5UL]));
        cursor.BeginEarlier(2, 0, before: 5, static sequence => sequence == 3);
        track.Put();
        Assert.That(cursor.HasEarlier, Is.True);
        lock (track.Gate)
        {
            Assert.That((cursor.IsAtEnd, cursor.Progress.UnreadGroups), Is.EqualTo((false, 3L)));
            Assert.That(cursor.Gone(0, 4), Is.EqualTo([(0UL, 1UL), (3UL, 3UL)]));
        }

        Assert.That(cursor.TakeAll(), Is.EqualTo([6UL, 2UL, 4UL]), "the newer one first");
        Assert.That((cursor.HasEarlier, cursor.Progress.Unread), Is.EqualTo((false, 0L)));
        slow.TakeAll();
        Assert.That(track.Kept(), Is.EqualTo([6UL]), "nobody needs the others");
    });

    [Test]
    public void EarlierGroups_MayBeDroppedBeforeTheyAreTaken_AndALaterStartExcludesThem() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 8 });
        for (var i = 0; i < 8; i++)
            track.Put();
        using var cursor = track.OpenCursor(peer: new Requester(default));
        Assert.That(cursor.TakeAll(), Is.EqualTo([7UL]));
        cursor.BeginEarlier(0, 0, before: 7, static _ => false);
        for (var i = 0; i < 3; i++)
            track.Put();
        cursor.BeginLater(5, 0);
        Assert.That(cursor.TakeAll(), Is.EqualTo([8UL, 9UL, 10UL, 5UL, 6UL]), "0 to 2 were dropped, 3 and 4 are not wanted any more");
        cursor.BeginEarlier(4, 0, before: 7, static sequence => sequence is 5 or 6);
        Assert.That(cursor.TakeAll(), Is.EqualTo([4UL]));
    });
}
