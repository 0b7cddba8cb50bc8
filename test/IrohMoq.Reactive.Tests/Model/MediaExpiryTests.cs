namespace IrohMoq.Reactive.Tests.Model;

/// <summary>The age of groups in media time: what is kept, what a reader skips, and where a subscription begins.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class MediaExpiryTests
{
    [Test]
    public void GroupsThatAreTooOldByMediaTime_GoAtOnce_HoweverFastTheyWereWritten([Values(4, 5)] int seconds) => Studio.Run(studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromSeconds(seconds) });
        for (var time = 0; time <= 8; time += 2)
            Put(track, time * 1000);
        // Group 1 can be played until group 2 begins at 4 s. Exactly as old as allowed is too old.
        Assert.That(track.Kept(), Is.EqualTo(seconds == 4 ? new ulong[] { 2, 3, 4 } : [1, 2, 3, 4]));
    });

    /// <summary>A publisher may keep groups for no time at all. A late datagram must not end the session.</summary>
    [Test]
    public void DatagramThatIsTooOldWhenItArrives_IsDropped() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        (track.State.Cache.MaxAge, track.State.Cache.HasMediaTime) = (TimeSpan.Zero, true);
        Assert.That(track.TryAddDatagram(5, [1], 10_000), Is.True);
        Assert.That(track.TryAddDatagram(3, [1], 9_000), Is.True);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 5 }));
    });

    [Test]
    public void GroupsOfAPublisherThatPauses_StayHoweverLong() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromSeconds(5) });
        Put(track, 0);
        Put(track, 2000);
        await studio.DelayAsync(TimeSpan.FromMinutes(4));
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 0, 1 }));
        Put(track, 7000);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 1, 2 }));
    });

    [Test]
    public void LaterFrameOfTheNewestGroup_MakesOthersTooOld_AndOneOfAnOlderGroupDoesNot() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromSeconds(5) });
        using var first = track.AppendGroup();
        Write(first, 0);
        Put(track, 1000);
        using var newest = track.AppendGroup();
        Write(newest, 2000);
        Write(first, 100_000);
        Write(newest, 5999);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 0, 1, 2 }));
        Write(newest, 6000);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 1, 2 }));
        Assert.That(() => Write(first, 0), Throws.InstanceOf<MoqStreamException>().With.Property("Code").EqualTo(MoqErrorCode.Old));
        Write(newest, 1000);
        Write(newest, 7000);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 2 }), "time that goes back changes nothing");
    });

    [Test]
    public void GroupWhoseSuccessorHasNoFrame_DoesNotExpire() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromSeconds(5) });
        using var open = track.AppendGroup();
        Write(open, 0);
        using var empty = track.AppendGroup();
        Write(open, 60_000);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 0, 1 }));
        Write(empty, 60_000);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 0, 1 }), "it reaches to the newest frame");
        Put(track, 65_000);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 1, 2 }));
    });

    [Test]
    public void LosslessTrack_KeepsWhatItsReadersHaveNotRead() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxAge = TimeSpan.FromSeconds(1) });
        using var cursor = track.OpenCursor();
        for (var time = 0; time < 10; time++)
            Put(track, time * 1000);
        Assert.That(cursor.TakeAll(), Has.Count.EqualTo(10));
    });

    /// <summary>The example of the specification.</summary>
    [TestCase(null, 0UL)]
    [TestCase(1041, 0UL)]
    [TestCase(1040, 1UL)]
    [TestCase(500, 1UL)]
    [TestCase(41, 1UL)]
    [TestCase(40, 2UL)]
    [TestCase(0, 2UL)]
    public void Reader_SkipsWhatIsTooOldByMediaTime_AndASubscriptionBeginsThere(int? milliseconds, ulong first) => Studio.Run(studio =>
    {
        using var track = studio.Track();
        foreach (var times in new int[][] { [0, 33, 66], [1000, 1033], [2000, 2040] })
            Put(track, times);
        var latency = milliseconds is { } some ? TimeSpan.FromMilliseconds(some) : (TimeSpan?)null;
        using var cursor = track.OpenCursor(new SubscribeOptions { Start = GroupStart.Oldest, MaxLatency = latency });
        Assert.That(cursor.TakeAll()[0], Is.EqualTo(first));
        Assert.That(track.State.FirstYoungerThan(latency ?? TimeSpan.FromDays(100_000)), Is.EqualTo(first));
    });

    [Test]
    public void NewestGroupWithoutAFrame_DoesNotChangeTheAgeOfOthers() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        foreach (var time in new[] { 0, 1000, 2000 })
            Put(track, time);
        using var empty = track.AppendGroup();
        Assert.That(track.State.FirstYoungerThan(TimeSpan.FromMilliseconds(500)), Is.EqualTo(1));
    });

    [Test]
    public void LatencyThatIsChangedWhileReading_AppliesToWhatIsReadNext(
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromMinutes(1) });
        for (var time = 0; time < 10; time++)
            Put(track, time * 1000);
        track.Finish();
        using var reader = studio.Consumer().Open(new SubscribeOptions { Start = GroupStart.Oldest, Order = order });
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.Zero);
        reader.Options = reader.Options with { MaxLatency = TimeSpan.FromSeconds(2) };
        var read = new List<ulong>();
        while (await reader.ReadGroupAsync() is { } group)
            read.Add(group.Sequence);
        Assert.That((read, reader.Skipped), Is.EqualTo((new ulong[] { 7, 8, 9 }, 6L)));
    });

    /// <summary>In sequence order, a group that has come waits for the reader, and may become too old meanwhile.</summary>
    [Test]
    public void GroupThatBecomesTooOldWhileTheReaderIsSlow_IsSkipped(
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromMinutes(1) });
        Put(track, 0);
        Put(track, 1000);
        using var reader = studio.Consumer().Open(
            new SubscribeOptions { Start = GroupStart.Oldest, Order = order, MaxLatency = TimeSpan.FromSeconds(2) });
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.Zero);
        for (var time = 2; time < 10; time++)
            Put(track, time * 1000);
        Assert.That(((await reader.ReadGroupAsync())?.Sequence, reader.Skipped), Is.EqualTo((7UL, 6L)));
        Assert.That(((await reader.ReadGroupAsync())?.Sequence, reader.Skipped), Is.EqualTo((8UL, 6L)));
    });

    [Test]
    public void LatencyThatIsChangedWhileAGroupIsMissing_EndsTheWaitForIt() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxAge = TimeSpan.FromMinutes(1) });
        track.Put();
        using var reader = studio.Consumer().Open(new SubscribeOptions { Order = GroupOrder.Sequence });
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.Zero);
        track.Put(sequence: 2);
        var next = reader.ReadGroupAsync().AsTask();
        await studio.DelayAsync(TimeSpan.FromSeconds(2));
        Assert.That(next.IsCompleted, Is.False, "group 1 may still come");
        var changed = studio.World.Elapsed;
        reader.Options = reader.Options with { MaxLatency = TimeSpan.FromSeconds(3) };
        Assert.That((await next)?.Sequence, Is.EqualTo(2));
        Assert.That((studio.World.Elapsed - changed).TotalSeconds, Is.EqualTo(1).Within(0.01));
    });

    [TestCase(1, 111, ExpectedResult = true)]
    [TestCase(1, 112, ExpectedResult = false)]
    [TestCase(9, 1000, ExpectedResult = true)]
    [TestCase(9, 1001, ExpectedResult = false)]
    public bool Age_IsComparedWithoutRounding(long units, long ticks) => MediaTime.IsAtLeast(units, TimeSpan.FromTicks(ticks), 90_000);

    private static void Put(TrackProducer track, params int[] milliseconds)
    {
        using var group = track.AppendGroup();
        foreach (var time in milliseconds)
            Write(group, time);
        group.Finish();
    }

    private static void Write(GroupProducer group, int milliseconds) => group.Write([1], TimeSpan.FromMilliseconds(milliseconds));
}
