using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>What a reader does that misses groups: it skips them, or it fails.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class MissedGroupTests
{
    [Test]
    public void SlowReader_SkipsOrFails(
        [Values] MissedGroupPolicy policy, [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 2 });
        track.Put();
        using var reader = studio.Consumer().Open(new SubscribeOptions { Order = order, MissedGroupPolicy = policy });
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.Zero);
        for (var i = 0; i < 5; i++)
            track.Put();
        if (policy == MissedGroupPolicy.Skip)
        {
            var group = await reader.ReadGroupAsync();
            Assert.That((group?.Sequence, group?.Skipped), Is.EqualTo(((ulong?)4, (long?)3)));
            return;
        }

        Assert.That(await CodeOfAsync(reader), Is.EqualTo(MoqErrorCode.Evicted));
        Assert.That(track.SubscriberCount, Is.Zero);
        Assert.That(await VirtualWorld.FailureOf(reader.ReadGroupAsync().AsTask()), Is.InstanceOf<ObjectDisposedException>());
    });

    [Test]
    public void ReaderThatMissesNothing_ReadsToTheEnd() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        track.Put();
        track.Put();
        track.Finish();
        using var reader = studio.Consumer().Open(
            new SubscribeOptions { Start = GroupStart.Oldest, MissedGroupPolicy = MissedGroupPolicy.Fail });
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.Zero);
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.EqualTo(1));
        Assert.That(await reader.ReadGroupAsync(), Is.Null);
    });

    [Test]
    public void GroupsThatWereGoneBefore_AreNotMissed() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 2 });
        for (var i = 0; i < 5; i++)
            track.Put();
        using var reader = studio.Consumer().Open(
            new SubscribeOptions { Start = GroupStart.From(1), MissedGroupPolicy = MissedGroupPolicy.Fail });
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.EqualTo(3));
    });

    /// <summary>
    /// Groups have waited for a missing one, and the order or the maximum latency changes: those that are too old now are missed.
    /// </summary>
    [TestCase(GroupOrder.Newest, null, "4+3", TestName = "WaitingGroups_TooOldForTheNewestOnly_AreMissed")]
    [TestCase(GroupOrder.Arrival, 3, "3+2 4+0", TestName = "WaitingGroups_OlderThanAccepted_AreMissed")]
    [TestCase(GroupOrder.Arrival, null, "2+1 3+0 4+0", TestName = "WaitingGroups_ThatAreAccepted_AreReturned")]
    public void WaitingGroups(GroupOrder order, int? latency, string expected) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromMinutes(1) });
        using var reader = studio.Consumer().Open(new SubscribeOptions { Order = GroupOrder.Sequence });
        foreach (var number in new ulong[] { 0, 2, 3, 4 })
        {
            track.Put(sequence: number);
            await studio.DelayAsync(TimeSpan.FromSeconds(2));
        }

        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.Zero);
        using (var stop = new CancellationTokenSource())
        {
            var waiting = reader.ReadGroupAsync(stop.Token).AsTask();
            await studio.SettleAsync();
            stop.Cancel();
            Assert.That(await VirtualWorld.FailureOf(waiting), Is.InstanceOf<OperationCanceledException>());
        }

        reader.Options = new SubscribeOptions
        {
            Order = order, MaxLatency = latency is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        track.Finish();
        var seen = new List<string>();
        while (await reader.ReadGroupAsync() is { } group)
            seen.Add($"{group.Sequence}+{group.Skipped}");
        Assert.That(string.Join(' ', seen), Is.EqualTo(expected));
        Assert.That(reader.Skipped, Is.EqualTo(4 - seen.Count));
    });

    private static async Task<MoqErrorCode?> CodeOfAsync(TrackReader reader) =>
        (await VirtualWorld.FailureOf(reader.ReadGroupAsync().AsTask()) as MoqException)?.Code;
}
