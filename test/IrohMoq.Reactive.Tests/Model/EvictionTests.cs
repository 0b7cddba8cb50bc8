namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class EvictionTests
{
    [Test]
    public void ByCount_TheOldestGoes() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 3 });
        for (var i = 0; i < 5; i++)
            track.Put();
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 2, 3, 4 }));
    });

    [Test]
    public void ByBytes_TheOldestGoes_WhileAFrameIsWritten() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedBytes = 10_000 });
        track.Put(4000);
        track.Put(4000);
        using var group = track.AppendGroup();
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 0, 1, 2 }));
        group.Write(new byte[4000]);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 1, 2 }));
    });

    [Test]
    public void ByAge_OnlyWhatIsOlderGoes_AlsoWhenNothingIsWritten() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromSeconds(5) });
        track.Put();
        await studio.DelayAsync(TimeSpan.FromSeconds(5));
        track.Put();
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 0, 1 }), "exactly as old as allowed");
        await studio.DelayAsync(TimeSpan.FromMilliseconds(2));
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 1 }), "its age is the clock's business");
        await studio.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 1 }), "the newest stays");
        track.Put();
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 2 }), "until it is not the newest");
    });

    [Test]
    public void TheNewest_IsKeptHoweverOldAndLarge() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedBytes = 10, MaxCachedGroups = 1 });
        track.Put(1_000_000);
        await studio.DelayAsync(TimeSpan.FromMinutes(1));
        using var cursor = track.OpenCursor();
        using var group = cursor.Take();
        Assert.That(group.Take().Length, Is.EqualTo(1_000_000));
    });

    [Test]
    public void TheNewest_IsTheHighestNumber_NotTheLastToCome() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 2 });
        foreach (var number in new ulong[] { 7, 3, 4, 5 })
            track.Put(sequence: number);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 7, 5 }));
        using var cursor = track.OpenCursor();
        Assert.That(cursor.TakeAll(), Is.EqualTo(new ulong[] { 7, 5 }), "a reader begins at the newest");
    });

    [Test]
    public void ReaderThatLags_ContinuesAtTheOldestKept_AndGetsTheNumberMissed() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 3 });
        track.Put();
        var consumer = studio.Consumer();
        await using (var groups = consumer.ReadGroupsAsync().GetAsyncEnumerator())
        {
            Assert.That((await groups.MoveNextAsync(), groups.Current.Sequence), Is.EqualTo((true, 0UL)));
            groups.Current.Dispose();
            for (var i = 0; i < 10; i++)
                track.Put();
            Assert.That((await groups.MoveNextAsync(), groups.Current.Sequence), Is.EqualTo((true, 8UL)));
            groups.Current.Dispose();
        }

        Assert.That(consumer.Skipped, Is.EqualTo(7));
    });

    [Test]
    public void ReaderHalfWay_GetsTheCode_AndTheTrackContinues([Values] bool byAge) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = byAge ? 10 : 1 });
        using var open = track.AppendGroup();
        open.Write([1]);
        open.Write([1, 2]);
        open.Finish();
        using var cursor = track.OpenCursor();
        using var group = cursor.Take();
        var frame = group.Take().ToArray();
        if (byAge)
            await studio.DelayAsync(TimeSpan.FromSeconds(6));
        track.Put();
        Assert.That(frame, Is.EqualTo(new byte[] { 1 }));
        Assert.That(await group.ReadAsync(), Is.EqualTo(new[] { $"{(byAge ? MoqErrorCode.Old : MoqErrorCode.Evicted)}" }));
        Assert.That(cursor.TakeAll(), Is.EqualTo(new ulong[] { 1 }));
    });

    [Test]
    public void ReaderThatHasReadTheWholeGroup_GetsItsEnd_ThoughItWasEvictedMeanwhile() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 1 });
        track.Put(5);
        using var cursor = track.OpenCursor();
        using var group = cursor.Take();
        Assert.That(group.Take().Length, Is.EqualTo(5));
        track.Put();
        Assert.That(await group.ReadAsync(), Is.EqualTo(new[] { "end" }));
    });

    [Test]
    public void WriterOfAnEvictedGroup_GetsTheCodeAndTheOthersContinue() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 1 });
        using var slow = track.AppendGroup();
        track.Put();
        Assert.That(Steps.CodeOf(() => slow.Write([1])), Is.EqualTo(MoqErrorCode.Evicted));
        Assert.That(Steps.CodeOf(slow.Finish), Is.EqualTo(MoqErrorCode.Evicted));
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 1 }));
    });

    [Test]
    public void EvictedNumber_IsNotTakenAgain() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 1 });
        track.Put();
        track.Put();
        Assert.That(Steps.CodeOf(() => track.CreateGroup(0)), Is.EqualTo(MoqErrorCode.Duplicate), "it would be delivered twice");
        track.Put(sequence: 7);
        track.Put(sequence: 5);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 7, 5 }), "the one that is being written is kept beside the newest");
    });

    [Test]
    public void EmptyFrames_CountToo() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedBytes = 10_000 });
        for (var g = 0; g < 3; g++)
        {
            using var group = track.AppendGroup();
            for (var f = 0; f < 1000; f++)
                group.Write([]);
            group.Finish();
        }

        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 2 }), "a frame without payload takes memory all the same");
    });

    [Test]
    public void LosslessTrackThatDropsWithoutReaders_IsBoundedByCountAndBytesAndNotByAge() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, DropsWithoutReaders = true, MaxCachedGroups = 2 });
        track.Put();
        await studio.DelayAsync(TimeSpan.FromMinutes(1));
        track.Put();
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 0, 1 }));
        track.Put();
        track.Put();
        Assert.That(track.SubscriberCount, Is.Zero);
        using var cursor = track.OpenCursor(new SubscribeOptions { Start = GroupStart.Oldest });
        Assert.That(cursor.Take().Sequence, Is.EqualTo(2));
    });

    [Test]
    public void LowerNumbersBehindTheNewest_GoWhenTheyAreTooOld_AndTheClockIsNotAskedAnewAllTheTime() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromSeconds(5) });
        track.Put(sequence: 10);
        await studio.DelayAsync(TimeSpan.FromSeconds(4.9));
        track.Put(sequence: 9);
        // If a timer were due immediately again and again, virtual time would not reach this point.
        await studio.DelayAsync(TimeSpan.FromSeconds(4.9));
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 10, 9 }));
        await studio.DelayAsync(TimeSpan.FromSeconds(0.2));
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 10 }));
    });
}
