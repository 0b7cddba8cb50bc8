namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// A second reader of a remote track that begins earlier than the first one receives the groups that the publisher keeps, each once, over
/// the same subscription, and the first reader sees nothing of them.
/// </summary>
public sealed class EarlierStartTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    private static readonly TrackOptions Kept = new() { MaxAge = TimeSpan.FromMinutes(5) };

    [Test]
    public void LaterReader_GetsTheGroupsBefore_AndTheFirstReaderNoneOfThem(
        [ValueSource(nameof(Versions))] string version,
        [Values] bool isRelayed,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => EarlierStart.Run(version, isRelayed, Kept, async world =>
    {
        world.Put(50);
        using var live = world.Open(new SubscribeOptions { Order = order });
        await world.Scene.PauseAsync(1);
        world.Put(5);
        await world.Scene.PauseAsync(1);
        Assert.That(live.Seen, Is.EqualTo(EarlierStart.Numbers(49, 6)));
        using var late = world.Open(new SubscribeOptions { Order = order, Start = GroupStart.From(10) });
        await world.Scene.PauseAsync(3);
        // The groups in between were read by the first reader, and are not kept here any more.
        var expected = EarlierStart.Numbers(10, 39).Concat(EarlierStart.Numbers(54, 6)).Append("end").ToArray();
        Assert.That(late.Seen, Is.EquivalentTo(expected.Take(40)));
        world.Put(5);
        await world.Scene.PauseAsync(1);
        world.Track.Finish();
        await world.Scene.PauseAsync(5);
        Assert.That(live.Seen, Is.EqualTo(EarlierStart.Numbers(49, 11).Append("end")));
        Assert.That(late.Seen, order == GroupOrder.Sequence ? Is.EqualTo(expected) : Is.EquivalentTo(expected));
        Assert.That((live.Skipped, late.Skipped), Is.EqualTo((0, order == GroupOrder.Sequence ? 5 : 0)));
        Assert.That(world.Track.GetReaders().Select(static reader => reader.Groups), Is.EqualTo([39 + 11]), "one subscription, each once");
    });

    [Test]
    public void GroupsThatThePublisherKeepsNoMore_AreNotWaitedFor(
        [ValueSource(nameof(Versions))] string version,
        [Values] bool isRelayed,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order,
        [Values(20, 50)] int gone) => EarlierStart.Run(
        version, isRelayed, new TrackOptions { MaxCachedGroups = 50 - gone + 5 }, async world =>
    {
        world.Put(50);
        using var live = world.Open(new SubscribeOptions { Order = order });
        await world.Scene.PauseAsync(1);
        world.Put(5);
        await world.Scene.PauseAsync(1);
        var asked = world.Scene.Seconds;
        using var late = world.Open(new SubscribeOptions { Order = order, Start = GroupStart.Oldest });
        await world.Scene.PauseAsync(3);
        // There and back, without a wait for groups that may be late.
        Assert.That(late.FirstAt - asked, Is.LessThan(isRelayed ? 0.1 : 0.05));
        world.Track.Finish();
        await world.Scene.PauseAsync(5);
        var expected = EarlierStart.Numbers(gone, Math.Max(0, 49 - gone)).Append("54").Append("end");
        Assert.That(late.Seen, order == GroupOrder.Sequence ? Is.EqualTo(expected) : Is.EquivalentTo(expected));
        Assert.That(live.Seen, Is.EqualTo(EarlierStart.Numbers(49, 6).Append("end")));
        Assert.That(live.Skipped, Is.Zero);
        if (order == GroupOrder.Arrival)
            Assert.That(late.Skipped, Is.Zero, "they were not kept when the reading began");
    });

    /// <summary>A reader that leaves takes its start with it, and the next one may begin earlier again.</summary>
    [Test]
    public void EarlyReaderLeaves_AndTheNextOneGetsWhatWasNotSent(
        [ValueSource(nameof(Versions))] string version) => EarlierStart.Run(version, isRelayed: false, Kept, async world =>
    {
        world.Put(20);
        using var live = world.Open(new SubscribeOptions());
        await world.Scene.PauseAsync(1);
        using (var early = world.Open(new SubscribeOptions { Start = GroupStart.From(15) }))
            await world.Scene.PauseAsync(1);
        await world.Scene.PauseAsync(1);
        using var next = world.Open(new SubscribeOptions { Start = GroupStart.From(10) });
        await world.Scene.PauseAsync(1);
        world.Put(1);
        await world.Scene.PauseAsync(1);
        // What the early reader has read was sent once.
        Assert.That(next.Seen, Is.EquivalentTo(EarlierStart.Numbers(10, 5).Append("19").Append("20")));
        Assert.That(live.Seen, Is.EqualTo(EarlierStart.Numbers(19, 2)));
        Assert.That(live.Skipped, Is.Zero);
        Assert.That(world.Track.GetReaders().Select(static reader => reader.Groups), Is.EqualTo([11]));
    });

    /// <summary>A reader that joins while earlier groups arrive begins with the newest.</summary>
    [Test]
    public void LiveReaderThatJoinsMeanwhile_SeesNoEarlierGroup(
        [ValueSource(nameof(Versions))] string version) => EarlierStart.Run(version, isRelayed: false, Kept, async world =>
    {
        world.Put(20);
        using var live = world.Open(new SubscribeOptions());
        await world.Scene.PauseAsync(1);
        using var early = world.Open(new SubscribeOptions { Start = GroupStart.Oldest });
        using var other = world.Open(new SubscribeOptions());
        await world.Scene.PauseAsync(1);
        world.Put(1);
        await world.Scene.PauseAsync(1);
        Assert.That(early.Seen, Is.EquivalentTo(EarlierStart.Numbers(0, 21)));
        Assert.That(live.Seen.Concat(other.Seen), Is.EqualTo(new[] { "19", "20", "19", "20" }));
        Assert.That(live.Skipped + other.Skipped + early.Skipped, Is.Zero);
    });

    /// <summary>A reader of a part that lies before the subscription receives it, and ends; a part that is gone ends at once.</summary>
    [Test]
    public void PartBeforeTheSubscription_IsReadToItsEnd(
        [ValueSource(nameof(Versions))] string version, [Values] bool isRelayed, [Values] bool isKept) =>
        EarlierStart.Run(version, isRelayed, isKept ? Kept : new TrackOptions { MaxCachedGroups = 1 }, async world =>
        {
            world.Put(20);
            using var live = world.Open(new SubscribeOptions());
            await world.Scene.PauseAsync(1);
            using var part = world.Open(new SubscribeOptions { Start = GroupStart.From(5), End = 9 });
            await world.Scene.PauseAsync(2);
            Assert.That(part.Seen[^1], Is.EqualTo("end"));
            Assert.That(part.Seen, Is.EquivalentTo((isKept ? EarlierStart.Numbers(5, 5) : []).Append("end")));
        });

    /// <summary>
    /// A publisher of a lossless track keeps what another subscriber has not read. That is sent to a reader that begins earlier, and counts
    /// as unread again, so that the writer waits for it.
    /// </summary>
    [Test]
    public void LosslessTrack_KeepsWhatASlowSubscriberNeeds_AndSendsItToALaterReaderToo(
        [ValueSource(nameof(Versions))] string version, [Values] bool isRelayed) => EarlierStart.Run(
        version, isRelayed, new TrackOptions { Lossless = true, MaxCachedGroups = 30 }, async world =>
        {
            using var slow = world.Track.OpenCursor();
            world.Put(10);
            using var live = world.Open(new SubscribeOptions());
            await world.Scene.PauseAsync(1);
            using var early = world.Open(new SubscribeOptions { Start = GroupStart.From(3) });
            await world.Scene.PauseAsync(1);
            Assert.That(early.Seen, Is.EquivalentTo(EarlierStart.Numbers(3, 7)));
            for (var i = 0; i < 50; i++)
            {
                while (slow.TryNext(out var group))
                    group.Dispose();
                using var next = await world.Track.AppendGroupAsync();
                await next.WriteAsync(new byte[100]);
                next.Finish();
            }

            while (slow.TryNext(out var group))
                group.Dispose();
            world.Track.Finish();
            await world.Scene.PauseAsync(5);
            Assert.That(early.Seen, Is.EquivalentTo(EarlierStart.Numbers(3, 57).Append("end")));
            Assert.That(live.Seen, Is.EqualTo(EarlierStart.Numbers(9, 51).Append("end")));
            Assert.That(live.Skipped + early.Skipped, Is.Zero);
            Assert.That(world.Track.State.Readers.Foremost!.Progress.Unread, Is.Zero, "what was sent was counted once");
        });
}
