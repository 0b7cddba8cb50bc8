namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>The newest group of a track, whatever its number.</summary>
public sealed class LatestFetchTests
{
    private static readonly string[] Versions = Fetching.Versions;

    [Test]
    public void NewestGroup_IsFetched_AndItsSubscriptionEnds([ValueSource(nameof(Versions))] string protocol, [Values] bool isRelayed) =>
        Fetching.Run(
            protocol,
            static async test =>
            {
                test.Put("a");
                test.Put("b");
                var group = await test.Remote.FetchLatestAsync(new FetchOptions { FirstFrame = 1 });
                Assert.That((group.Sequence, await Fetching.ReadAsync(group)), Is.EqualTo((1UL, "b1 b2")));
                await test.Scene.PauseAsync(1);
                Assert.That(test.Track.SubscriberCount, Is.Zero);
            },
            isRelayed: isRelayed);

    [Test]
    public void FirstGroup_IsWaitedFor_AndReadAsItGrows([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            var fetching = test.Remote.FetchLatestAsync().AsTask();
            await test.Track.WaitForSubscriberAsync();
            await test.Scene.PauseAsync(60);
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "a", 2);
            using var group = await fetching;
            var frames = group.ReadFramesAsync().GetAsyncEnumerator();
            Assert.That(await frames.MoveNextAsync(), Is.True);
            // Later groups are not sent any more.
            await test.Scene.PauseAsync(1);
            for (var i = 0; i < 5; i++)
                test.Put("b");
            await test.Scene.PauseAsync(1);
            lock (test.Track.Gate)
                Assert.That(test.Track.State.Readers.Foremost!.TakenGroups, Is.EqualTo(1));
            Fetching.Write(open, "a", 1, from: 2);
            open.Finish();
            Assert.That(await frames.MoveNextAsync() && await frames.MoveNextAsync(), Is.True);
            Assert.That(await frames.MoveNextAsync(), Is.False);
            await test.Scene.PauseAsync(1);
            Assert.That(test.Track.SubscriberCount, Is.Zero);
        });

    [Test]
    public void TrackThatEndsWithoutAGroup_HasNone([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            test.Track.Finish();
            var failure = await Failure.OfAsync<MoqStreamException>(async () => await test.Remote.FetchLatestAsync());
            Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.NotFound));
        });

    [Test]
    public void LocalTrack_IsFetchedFromToo_WithoutHoldingBackItsWriter() => Scene.Run(static async scene =>
    {
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true, MaxCachedGroups = 4, DropsWithoutReaders = true });
        var local = broadcast.Consume().Track("t");
        Scene.Say(track, "a");
        using var latest = await local.FetchLatestAsync();
        using var first = await local.FetchAsync(0);
        Assert.That(track.SubscriberCount, Is.Zero);
        for (var i = 0; i < 20; i++)
        {
            using var group = await track.AppendGroupAsync();
            group.Finish();
        }

        Assert.That(await Fetching.FetchAsync(local, 0), Is.EqualTo("31 (evicted)"));
        Assert.That(await Fetching.FetchAsync(local, 20), Is.EqualTo("20: "));
        Assert.That(await Fetching.FetchAsync(local, 21), Is.EqualTo("13 (not found)"));
        Assert.That(await Fetching.FetchAsync(broadcast.Consume().Track("u"), 0), Is.EqualTo("13 (not found)"));
    });
}
