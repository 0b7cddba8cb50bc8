namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// A reader of a remote track that begins with the newest group receives it although another reader waits for a group that does not exist
/// yet. Both read from one subscription, and no reader receives what only the other one wants.
/// </summary>
public sealed class NewestStartTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    private static readonly TrackOptions Kept = new() { MaxAge = TimeSpan.FromMinutes(5) };

    [Test]
    public void ReaderOfTheNewest_DoesNotWaitForTheGroupThatAnotherReaderWaitsFor(
        [ValueSource(nameof(Versions))] string version,
        [Values] bool isRelayed,
        [Values] bool isLossless,
        [Values] bool isAtOnce) => EarlierStart.Run(version, isRelayed, Options(isLossless), async world =>
    {
        using var held = world.Track.OpenCursor();
        world.Put(50);
        using var ahead = world.Open(new SubscribeOptions { Start = GroupStart.From(100) });
        if (!isAtOnce)
            await world.Scene.PauseAsync(1);
        var asked = world.Scene.Seconds;
        using var newest = world.Open(new SubscribeOptions());
        await world.Scene.PauseAsync(3);
        Assert.That(newest.Seen, Is.EqualTo(EarlierStart.Numbers(49, 1)));
        Assert.That(newest.FirstAt - asked, Is.LessThan(isRelayed ? 0.7 : 0.4), "the time of late groups, 250 ms, on each connection");
        for (var i = 0; i < 60; i++)
        {
            world.Put(1);
            await world.Scene.PauseAsync(0.1);
            while (held.TryNext(out var group))
                group.Dispose();
        }

        world.Track.Finish();
        await world.Scene.PauseAsync(5);
        Assert.That(newest.Seen, Is.EqualTo(EarlierStart.Numbers(49, 61).Append("end")));
        Assert.That(ahead.Seen, Is.EqualTo(EarlierStart.Numbers(100, 10).Append("end")));
        Assert.That((newest.Skipped, ahead.Skipped), Is.EqualTo((0, 0)));
        var sent = world.Track.GetReaders().Where(static reader => reader.IsRemote).Select(static reader => reader.Groups);
        Assert.That(sent.Where(static groups => groups > 0), Is.EqualTo([61]), "one subscription, each group once");
    });

    [Test]
    public void GroupsThatExist_NeedNoSecondSubscription(
        [ValueSource(nameof(Versions))] string version,
        [Values] bool isRelayed) => EarlierStart.Run(version, isRelayed, Kept, async world =>
    {
        world.Put(50);
        using var early = world.Open(new SubscribeOptions { Start = GroupStart.From(40) });
        using var newest = world.Open(new SubscribeOptions());
        await world.Scene.PauseAsync(3);
        Assert.That(early.Seen, Is.EqualTo(EarlierStart.Numbers(40, 10)));
        Assert.That(world.Track.GetReaders(), Has.Count.EqualTo(1));
    });

    [Test]
    public void TrackWithoutGroups_BeginsForEachReaderWhereItWants(
        [ValueSource(nameof(Versions))] string version,
        [Values] bool isRelayed) => EarlierStart.Run(version, isRelayed, Kept, async world =>
    {
        using var ahead = world.Open(new SubscribeOptions { Start = GroupStart.From(5) });
        using var newest = world.Open(new SubscribeOptions());
        await world.Scene.PauseAsync(3);
        for (var i = 0; i < 8; i++)
        {
            world.Put(1);
            await world.Scene.PauseAsync(0.1);
        }

        world.Track.Finish();
        await world.Scene.PauseAsync(5);
        Assert.That(newest.Seen, Is.EqualTo(EarlierStart.Numbers(0, 8).Append("end")));
        Assert.That(ahead.Seen, Is.EqualTo(EarlierStart.Numbers(5, 3).Append("end")));
        Assert.That((newest.Skipped, ahead.Skipped), Is.EqualTo((0, 0)));
    });

    /// <summary>The session moves before, while and after the second subscription waits for its first group.</summary>
    [Test]
    public void Session_MayMove(
        [Values("moq-lite-04", "moq-lite-05", "moq-lite-06")] string version,
        [Values("before", "while", "after")] string moves) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [version] };
        var (publisher, subscriber) = (scene.Add("publisher", options), scene.Add("subscriber", options));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", Kept);
        using var published = publisher.Moq.Publish("x", broadcast);
        var session = await subscriber.ConnectAsync(publisher);
        var remote = (await session.SubscribeAsync("x")).Track("t");
        using var ahead = new EarlierStart.Reader(remote.Open(new SubscribeOptions { Start = GroupStart.From(5) }), scene);
        if (moves == "before")
            await MoveAsync();
        using var newest = new EarlierStart.Reader(remote.Open(), scene);
        await scene.PauseAsync(1);
        if (moves == "while")
            await MoveAsync();
        Put(2);
        await scene.PauseAsync(1);
        if (moves == "after")
            await MoveAsync();
        Put(6);
        await scene.PauseAsync(1);
        track.Finish();
        await scene.PauseAsync(5);
        Assert.That(newest.Seen, Is.EqualTo(EarlierStart.Numbers(0, 8).Append("end")));
        Assert.That(ahead.Seen, Is.EqualTo(EarlierStart.Numbers(5, 3).Append("end")));
        Assert.That((newest.Skipped, ahead.Skipped), Is.EqualTo((0, 0)));

        async Task MoveAsync()
        {
            await scene.PauseAsync(1);
            var before = session.Connection;
            Assert.That(await (await publisher.OpenSessionAsync()).GoAwayAsync(timeout: TimeSpan.FromSeconds(8)), Is.True);
            await scene.PauseAsync(1);
            Assert.That(session.Connection, Is.Not.EqualTo(before));
        }

        void Put(int groups)
        {
            for (var i = 0; i < groups; i++)
            {
                using var group = track.AppendGroup();
                group.Write(new byte[100]);
                group.Finish();
            }
        }
    });

    private static TrackOptions Options(bool isLossless) =>
        isLossless ? new TrackOptions { Lossless = true, MaxCachedGroups = 200 } : Kept;
}
