using IrohMoq.Reactive.Testing.Tests.Fronts;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>
/// <see cref="FetchOptions.LastFrame"/>: a fetch ends behind a frame, whichever way the group comes. Up to moq-lite-05 the publisher sends
/// the whole group.
/// </summary>
public sealed class LastFrameTests
{
    private static readonly string[] Versions = Fetching.Versions;
    private static readonly string[] FetchVersions = ["moq-lite-05", "moq-lite-06"];

    [Test]
    public void Group_EndsBehindTheFrame([ValueSource(nameof(Versions))] string protocol, [Values] bool isRelayed) => Fetching.Run(
        protocol,
        static async test =>
        {
            test.Put("a", frames: 5);
            Assert.That(await FetchAsync(0, 1), Is.EqualTo("0: a0 a1"));
            Assert.That(await FetchAsync(1, 3), Is.EqualTo("0: a1 a2 a3"));
            Assert.That(await FetchAsync(2, 2), Is.EqualTo("0: a2"));
            Assert.That(await FetchAsync(0, 4), Is.EqualTo("0: a0 a1 a2 a3 a4"));
            Assert.That(await FetchAsync(3, 9), Is.EqualTo("0: a3 a4"), "a group that ends before is complete");
            Assert.That(await FetchAsync(6, 7), Does.EndWith("13 (not found)"));
            await test.Scene.PauseAsync(2);
            AssertReleased(test);

            async Task<string> FetchAsync(int first, int last)
            {
                // Without FETCH, a relay reads the group by a subscription, which has to end before another one can begin earlier.
                await test.Scene.PauseAsync(1);
                return await Fetching.FetchAsync(test.Remote, 0, new FetchOptions { FirstFrame = first, LastFrame = last });
            }
        },
        isRelayed: isRelayed);

    [Test]
    public void GroupThatIsWritten_EndsWithTheFrame([ValueSource(nameof(Versions))] string protocol, [Values] bool isRelayed) =>
        Fetching.Run(
            protocol,
            static async test =>
            {
                using var open = test.Track.AppendGroup();
                Fetching.Write(open, "a", 1);
                var reading = Fetching.ReadAsync(await test.Remote.FetchAsync(0, new FetchOptions { LastFrame = 2 }));
                await test.Scene.PauseAsync(1);
                Fetching.Write(open, "a", 1, from: 1);
                await test.Scene.PauseAsync(1);
                Assert.That(reading.IsCompleted, Is.False);
                Fetching.Write(open, "a", 1, from: 2);
                await test.Scene.PauseAsync(0.05);
                Assert.That((reading.IsCompleted, await reading), Is.EqualTo((true, "a0 a1 a2")));
                await test.Scene.PauseAsync(1);
                // The next frame is not sent, and releases the group where a subscription has sent it.
                Fetching.Write(open, "a", 1, from: 3);
                await test.Scene.PauseAsync(1);
                AssertReleased(test);
            },
            isRelayed: isRelayed);

    /// <summary>The relay or the reader itself has the group from a subscription.</summary>
    [Test]
    public void GroupThatIsKept_EndsBehindTheFrame(
        [ValueSource(nameof(Versions))] string protocol, [Values] bool isRelayed, [Values] bool isOpen) => Fetching.Run(
        protocol,
        async test =>
        {
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "a", 4);
            if (!isOpen)
                open.Finish();
            using var reader = test.Remote.Open();
            using var newest = (await reader.ReadGroupAsync())!.Keep();
            await test.Scene.PauseAsync(1);
            var options = new FetchOptions { FirstFrame = 1, LastFrame = 2 };
            Assert.That(await Fetching.FetchAsync(test.Remote, 0, options), Is.EqualTo("0: a1 a2"));
        },
        isRelayed: isRelayed);

    /// <summary>
    /// A reader that needs only the beginning of a group is the last one for a while. The group was requested as a whole before, and is not
    /// cut for a reader that joins.
    /// </summary>
    [Test]
    public void GroupThatWasRequestedAsAWhole_IsWholeForALaterReader(
        [ValueSource(nameof(Versions))] string protocol, [Values] bool isRelayed, [Values] bool isLossless, [Values] bool isFetched) =>
        Fetching.Run(
            protocol,
            async test =>
            {
                using var open = test.Track.AppendGroup();
                Fetching.Write(open, "a", 1);
                using var whole = test.Remote.Open();
                await whole.ReadGroupAsync();
                using var bounding = isFetched
                    ? null
                    : test.Remote.Open(new SubscribeOptions { Start = GroupStart.From(0), End = 0, LastFrame = 1 });
                var bounded = bounding is null
                    ? await test.Remote.FetchAsync(0, new FetchOptions { LastFrame = 1 })
                    : (await bounding.ReadGroupAsync())!;
                await test.Scene.PauseAsync(0.5);
                whole.Dispose();
                await test.Scene.PauseAsync(0.5);
                Fetching.Write(open, "a", 2, from: 1);
                await test.Scene.PauseAsync(0.5);
                using var later = test.Remote.Open(new SubscribeOptions { Start = GroupStart.From(0) });
                var reading = Fetching.ReadAsync((await later.ReadGroupAsync())!);
                await test.Scene.PauseAsync(0.5);
                Fetching.Write(open, "a", 1, from: 3);
                open.Finish();
                Assert.That(await reading, Is.EqualTo("a0 a1 a2 a3"));
                Assert.That(await Fetching.ReadAsync(bounded), Is.EqualTo("a0 a1"));
            },
            new TrackOptions { Lossless = isLossless },
            isRelayed);

    [Test]
    public void LocalGroup_EndsBehindTheFrame([Values] bool isOpen) => Fetching.Run("moq-lite-06", async test =>
    {
        using var open = test.Track.AppendGroup();
        Fetching.Write(open, "a", 4);
        if (!isOpen)
            open.Finish();
        var local = test.Broadcast.Consume().Track("t");
        Assert.That(await Fetching.FetchAsync(local, 0, new FetchOptions { LastFrame = 0 }), Is.EqualTo("0: a0"));
        var latest = await local.FetchLatestAsync(new FetchOptions { FirstFrame = 2, LastFrame = 3 });
        Assert.That(await Fetching.ReadAsync(latest), Is.EqualTo("a2 a3"));
    });

    [Test]
    public void NewestGroup_EndsBehindTheFrame([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "a", 4);
            var latest = await test.Remote.FetchLatestAsync(new FetchOptions { FirstFrame = 1, LastFrame = 2 });
            Assert.That(await Fetching.ReadAsync(latest), Is.EqualTo("a1 a2"));
            await test.Scene.PauseAsync(1);
            Assert.That(test.Track.SubscriberCount, Is.Zero);
        });

    [Test]
    public void GroupOfAFront_EndsBehindTheFrame([ValueSource(typeof(TwoRelays), nameof(TwoRelays.Versions))] string version) =>
        Scene.Run(async scene =>
        {
            var reader = scene.Add("reader");
            using var broadcast = scene.Broadcast();
            using var group = broadcast.CreateTrack("t").AppendGroup();
            Fetching.Write(group, "a", 4);
            using var route = await Route.OpenAsync(scene, reader, broadcast, version: version);
            var track = (await reader.Moq.SubscribeAsync(TwoRelays.Name)).Track("t");
            Assert.That(await Fetching.FetchAsync(track, 0, new FetchOptions { FirstFrame = 1, LastFrame = 2 }), Is.EqualTo("0: a1 a2"));
        });

    [Test]
    public void Rest_EndsBehindTheFrame_OverTheNewConnection([ValueSource(nameof(FetchVersions))] string version) =>
        Fetching.Run(version, static async test =>
        {
            using var group = test.Track.AppendGroup();
            Fetching.Write(group, "a", 2);
            var reading = Fetching.ReadAsync(await test.Remote.FetchAsync(0, new FetchOptions { FirstFrame = 1, LastFrame = 3 }));
            await test.Scene.PauseAsync(1);
            Assert.That(await (await test.Alice.OpenSessionAsync()).GoAwayAsync(), Is.True);
            await test.Scene.PauseAsync(1);
            Assert.That(reading.IsCompleted, Is.False);
            Fetching.Write(group, "a", 4, from: 2);
            await test.Scene.PauseAsync(0.05);
            Assert.That((reading.IsCompleted, await reading), Is.EqualTo((true, "a1 a2 a3")));
        });

    /// <summary>What a publisher of moq-lite-05 sends behind the frame is stopped, whether the group is read or not.</summary>
    [Test]
    public void Frame_IsAskedForInMoqLite06_AndStopsTheAnswerBefore([ValueSource(nameof(FetchVersions))] string protocol)
    {
        var isOld = protocol == "moq-lite-05";
        BidiStream? answered = null;
        HandSource.Run(
            protocol,
            async (_, stream) =>
            {
                answered = stream;
                await HandSource.SendAsync(stream, isOld ? "47f80261302802613128026132" : "4820026131", ends: !isOld);
            },
            async (scene, source, track) =>
            {
                using var group = await track.FetchAsync(0, new FetchOptions { Priority = 33, FirstFrame = 1, LastFrame = 1 });
                await scene.PauseAsync(1);
                Assert.That(source.Requests[^1], Is.EqualTo(
                    isOld ? "03110864656d6f2f63616d05766964656f2100" : "03130864656d6f2f63616d05766964656f21000102"));
                var sent = answered!.Value.Send.Closed;
                Assert.That(sent.IsCompleted, Is.True);
                Assert.That((await sent).Cause, Is.EqualTo(isOld ? StreamEndCause.Stopped : StreamEndCause.Acknowledged));
                Assert.That(await Fetching.ReadAsync(group), Is.EqualTo("a1"));
            });
    }

    [Test]
    public void AnswerThatFailsBehindTheFrame_WasDelivered([ValueSource(nameof(FetchVersions))] string protocol) => HandSource.Run(
        protocol,
        static async (source, stream) =>
        {
            await HandSource.SendAsync(stream, "47f8026130", ends: false);
            await source.Scene.PauseAsync(1);
            stream.Send.Reset(0);
        },
        static async (scene, _, track) =>
        {
            using var group = await track.FetchAsync(0, new FetchOptions { LastFrame = 0 });
            await scene.PauseAsync(2);
            Assert.That(await Fetching.ReadAsync(group), Is.EqualTo("a0"));
        });

    [Test]
    public void FrameThatCannotBe_IsAnArgument() => Fetching.Run("moq-lite-06", static async test =>
    {
        test.Put("a");
        Assert.That(() => new FetchOptions { LastFrame = -1 }, Throws.TypeOf<ArgumentOutOfRangeException>());
        var options = new FetchOptions { FirstFrame = 2, LastFrame = 1 };
        await Failure.OfAsync<ArgumentException>(async () => await test.Remote.FetchAsync(0, options));
        await Failure.OfAsync<ArgumentException>(async () => await test.Remote.FetchLatestAsync(options));
    });

    private static void AssertReleased(Fetching test)
    {
        lock (test.Track.Gate)
            Assert.That((test.Track.State.Readers.Count, test.Track.State.Cache.Newest!.Readers.IsAny), Is.EqualTo((0, false)));
    }
}
