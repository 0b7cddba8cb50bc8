namespace IrohMoq.Reactive.Tests.Model;

/// <summary>A reader that states the last group that it needs.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class LastGroupTests
{
    private static readonly GroupOrder[] Orders = [GroupOrder.Arrival, GroupOrder.Sequence];

    [Test]
    public void Reading_EndsBehindTheLastGroup_ThoughTheTrackContinues([ValueSource(nameof(Orders))] GroupOrder order) =>
        Studio.Run(async studio =>
    {
        using var track = studio.Track();
        track.Put();
        var reading = ReadAsync(studio, order, end: 2);
        await studio.SettleAsync();
        for (var i = 1; i < 5; i++)
        {
            track.Put();
            await studio.SettleAsync();
        }

        Assert.That(await reading, Is.EqualTo("0 1 2"));
        Assert.That(track.SubscriberCount, Is.Zero);
    });

    [Test]
    public void Reading_OfGroupsThatExist_EndsAtOnce([ValueSource(nameof(Orders))] GroupOrder order) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        for (var i = 0; i < 5; i++)
            track.Put();
        Assert.That(await ReadAsync(studio, order, end: 2), Is.EqualTo("0 1 2"));
        Assert.That(await ReadAsync(studio, order, end: 0), Is.EqualTo("0"));
    });

    [Test]
    public void GroupsBehindTheLastOne_AreNotHeld([ValueSource(nameof(Orders))] GroupOrder order) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        for (var i = 0; i < 5; i++)
            track.Put();
        Assert.That(await ReadAsync(studio, order, end: 1), Is.EqualTo("0 1"));
        Assert.That(track.SubscriberCount, Is.Zero, "a reader that has ended waits for no group that it has taken");
    });

    [Test]
    public void GroupsThatAreWrittenInAnyOrder_AreReadUpToTheLast([ValueSource(nameof(Orders))] GroupOrder order) =>
        Studio.Run(async studio =>
    {
        using var track = studio.Track();
        track.Put();
        var reading = ReadAsync(studio, order, end: 3);
        await studio.SettleAsync();
        foreach (var number in new ulong[] { 5, 3, 1 })
            track.Put(sequence: number);
        await studio.SettleAsync();
        Assert.That(reading.IsCompleted, Is.False, "2 may still come");
        track.Put(sequence: 2);
        Assert.That(await reading, Is.EqualTo(order == GroupOrder.Sequence ? "0 1 2 3" : "0 3 1 2"));
    });

    [Test]
    public void GroupThatDoesNotCome_IsNotWaitedForInSequenceOrder_WhenALaterOneIsDue() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        track.Put();
        var reading = ReadAsync(studio, GroupOrder.Sequence, end: 1);
        await studio.SettleAsync();
        track.Put(sequence: 7);
        Assert.That(await reading, Is.EqualTo("0"));
    });

    [Test]
    public void EndOfTheTrack_EndsTheReadingToo([ValueSource(nameof(Orders))] GroupOrder order) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        track.Put();
        track.Finish();
        Assert.That(await ReadAsync(studio, order, end: 9), Is.EqualTo("0"));
    });

    private static async Task<string> ReadAsync(Studio studio, GroupOrder order, ulong end)
    {
        var options = new SubscribeOptions { Start = GroupStart.Oldest, Order = order, End = end, MaxLatency = TimeSpan.FromSeconds(30) };
        var read = new List<ulong>();
        await foreach (var group in studio.Consumer().ReadGroupsAsync(options))
            read.Add(group.Sequence);
        return string.Join(' ', read);
    }
}
