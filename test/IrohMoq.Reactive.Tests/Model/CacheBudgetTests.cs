namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class CacheBudgetTests
{
    private const int Group = 64 << 10;

    [Test]
    public void TracksThatWriteEqually_ShareTheBudget_AndNeverExceedItByMoreThanTheirNewestGroups() => Studio.Run(static studio =>
    {
        var budget = new CacheBudget(16 * Group);
        using var first = studio.Broadcast.CreateTrack("first", new TrackOptions { Budget = budget });
        using var second = studio.Broadcast.CreateTrack("second", new TrackOptions { Budget = budget });
        for (var i = 0; i < 100; i++)
        {
            first.Put(Group);
            second.Put(Group);
            Assert.That(budget.BytesInUse, Is.LessThanOrEqualTo((16 + 2) * Group));
        }

        Assert.Multiple(() =>
        {
            Assert.That(first.Kept(), Has.Count.InRange(4, 12).And.Member(99));
            Assert.That(second.Kept(), Has.Count.InRange(4, 12).And.Member(99));
        });
    });

    [Test]
    public void TrackThatWritesNothing_KeepsWhatItHas_AndTheOtherOneMakesRoom() => Studio.Run(static studio =>
    {
        var budget = new CacheBudget(8 * Group);
        using var quiet = studio.Broadcast.CreateTrack("quiet", new TrackOptions { Budget = budget });
        using var busy = studio.Broadcast.CreateTrack("busy", new TrackOptions { Budget = budget });
        for (var i = 0; i < 4; i++)
            quiet.Put(Group);
        for (var i = 0; i < 100; i++)
            busy.Put(Group);
        Assert.Multiple(() =>
        {
            Assert.That(quiet.Kept(), Is.EqualTo(new ulong[] { 0, 1, 2, 3 }));
            Assert.That(busy.Kept(), Is.EqualTo(new ulong[] { 96, 97, 98, 99 }));
            Assert.That(budget.BytesInUse, Is.EqualTo(8 * Group));
        });
    });

    [Test]
    public void OneWrite_FreesAtMostTwiceWhatItWrites() => Studio.Run(static studio =>
    {
        var budget = new CacheBudget(8 * Group);
        using var small = studio.Broadcast.CreateTrack("small", new TrackOptions { Budget = budget });
        using var large = studio.Broadcast.CreateTrack("large", new TrackOptions { Budget = budget });
        for (var i = 0; i < 8; i++)
            small.Put(Group);
        large.Put(16 * Group);
        Assert.That(small.Kept(), Has.Count.EqualTo(8), "it has not written");
        small.Put(Group);
        Assert.That(small.Kept(), Is.EqualTo(new ulong[] { 2, 3, 4, 5, 6, 7, 8 }));
    });

    [Test]
    public void FramesThatAReaderHolds_Count_UntilItReleasesThem() => Studio.Run(static studio =>
    {
        var budget = new CacheBudget(4 * Group);
        using var track = studio.Track(new TrackOptions { Budget = budget });
        track.Put(Group);
        using var cursor = track.OpenCursor();
        var group = cursor.Take();
        var held = group.Take().Retain();
        group.Dispose();
        for (var i = 0; i < 20; i++)
            track.Put(Group);
        Assert.Multiple(() =>
        {
            Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 18, 19, 20 }), "the held frame takes the place of a group");
            Assert.That(budget.BytesInUse, Is.EqualTo(4 * Group));
        });
        held.Dispose();
        Assert.That(budget.BytesInUse, Is.EqualTo(3 * Group));
        track.Put(Group);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 18, 19, 20, 21 }));
    });

    [Test]
    public void ReaderOfADroppedGroup_IsTold() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Budget = new CacheBudget(2 * Group) });
        track.Put(Group);
        using var cursor = track.OpenCursor();
        using var group = cursor.Take();
        for (var i = 0; i < 4; i++)
            track.Put(Group);
        Assert.That(await group.ReadAsync(), Is.EqualTo(new[] { $"{MoqErrorCode.Evicted}" }));
    });

    [Test]
    public void LosslessTrack_Counts_AndDropsNothing() => Studio.Run(static async studio =>
    {
        var budget = new CacheBudget(2 * Group);
        using var lossless = studio.Broadcast.CreateTrack("lossless", new TrackOptions { Budget = budget, Lossless = true });
        using var live = studio.Broadcast.CreateTrack("live", new TrackOptions { Budget = budget });
        for (var i = 0; i < 4; i++)
            await lossless.PutAsync(Group);
        for (var i = 0; i < 4; i++)
            live.Put(Group);
        Assert.Multiple(() =>
        {
            Assert.That(lossless.Kept(), Is.EqualTo(new ulong[] { 0, 1, 2, 3 }));
            Assert.That(live.Kept(), Is.EqualTo(new ulong[] { 3 }), "the newest group is always kept");
        });
    });

    [Test]
    public void TrackThatIsRequested_UsesTheBudgetOfItsOptions() => Studio.Run(static async studio =>
    {
        var budget = new CacheBudget(4 * Group);
        using var requests = studio.Broadcast.OpenTrackRequests();
        using var reader = studio.Consumer().Open();
        await foreach (var request in requests.ReadAllAsync())
        {
            using var track = request.Accept(new TrackOptions { Budget = budget });
            track.Put(Group);
            Assert.That(budget.BytesInUse, Is.EqualTo(Group));
            return;
        }
    });

    [TestCase(0)]
    [TestCase(-1)]
    public void BudgetOfNothing_IsRefused(long bytes) =>
        Assert.That(() => new CacheBudget(bytes), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
