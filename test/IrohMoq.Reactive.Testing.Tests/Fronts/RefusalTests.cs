namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>A source that refuses a track, or ends it with a failure, is not the last word: each other source is asked once.</summary>
public sealed class RefusalTests
{
    private const string Name = TwoRelays.Name;

    private static readonly string[] Versions = TwoRelays.Versions;

    /// <summary>Of two equal routes that of the newest session is used first.</summary>
    [Test]
    public void TrackThatTheFirstSourceDoesNotHave_IsReadFromTheOther([ValueSource(nameof(Versions))] string version) =>
        Scene.Run(async scene =>
        {
            var reader = scene.Add("reader");
            var broadcast = scene.Broadcast();
            var track = broadcast.CreateTrack("t");
            using var has = await Route.OpenAsync(scene, reader, broadcast, version: version);
            using var hasNot = await Route.OpenAsync(scene, reader, scene.Broadcast(), version: version);
            var heard = ContentTests.HearAllAsync(await reader.Moq.SubscribeAsync(Name));
            await scene.PauseAsync(0.5);
            for (var group = 0; group < 3; group++)
                Scene.Say(track, $"{group}");
            await scene.PauseAsync(0.5);
            track.Finish();
            Assert.That(await heard, Is.EqualTo(new[] { "0", "1", "2" }));
        });

    /// <summary>The properties of the track are those that the second source tells.</summary>
    [TestCase("moq-lite-05")]
    [TestCase("moq-lite-06")]
    public void TimestampsOfTheOtherSource_AreRead(string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t", new TrackOptions { Timescale = 90_000 });
        using var has = await Route.OpenAsync(scene, reader, broadcast, version: version);
        using var hasNot = await Route.OpenAsync(scene, reader, scene.Broadcast(), version: version);
        using (var group = track.AppendGroup())
        {
            group.Write("x"u8, TimeSpan.FromSeconds(3));
            group.Finish();
        }

        await foreach (var group in (await reader.Moq.SubscribeAsync(Name)).Track("t").ReadGroupsAsync())
        {
            await foreach (var frame in group.ReadFramesAsync())
                Assert.That(frame.Timestamp, Is.EqualTo(TimeSpan.FromSeconds(3)));
            break;
        }
    });

    [Test]
    public void TrackThatNoSourceHas_IsRefusedSoon([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var one = await Route.OpenAsync(scene, reader, scene.Broadcast(), version: version);
        using var other = await Route.OpenAsync(scene, reader, scene.Broadcast(), version: version);
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        var began = scene.Seconds;
        var failure = await Failure.OfAsync<MoqStreamException>(async () => await Scene.HearAsync(broadcast));
        Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.NotFound));
        Assert.That(scene.Seconds - began, Is.LessThan(1));
    });

    [Test]
    public void Refusal_IsNotRemembered() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var (one, other) = (scene.Broadcast(), scene.Broadcast());
        using var first = await Route.OpenAsync(scene, reader, one);
        using var second = await Route.OpenAsync(scene, reader, other);
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        await Failure.OfAsync<MoqStreamException>(async () => await Scene.HearAsync(broadcast));
        Scene.Say(one.CreateTrack("t"), "now");
        Assert.That(await Scene.HearAsync(broadcast), Is.EqualTo("now"));
    });

    [Test]
    public void TrackThatItsProducerAborts_FailsWithItsCode_AfterEachSourceWasAskedOnce(
        [ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var one = await Route.OpenAsync(scene, reader, broadcast, version: version);
        using var other = await Route.OpenAsync(scene, reader, broadcast, version: version);
        var heard = ContentTests.HearAllAsync(await reader.Moq.SubscribeAsync(Name));
        Scene.Say(track, "a");
        await scene.PauseAsync(1);
        var began = scene.Seconds;
        track.Abort(MoqErrorCode.FromApplication(7));
        var failure = await Failure.OfAsync<MoqStreamException>(async () => await heard);
        Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.FromApplication(7)));
        Assert.That(scene.Seconds - began, Is.LessThan(2));
    });

    [Test]
    public void SourceThatDiesBeforeItAnswers_IsReplaced([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var (pending, broadcast) = (scene.Broadcast(), scene.Saying("hello"));
        // It lets the subscriber wait.
        using var requests = pending.OpenTrackRequests();
        using var answers = await Route.OpenAsync(scene, reader, broadcast, version: version);
        var silent = await Route.OpenAsync(scene, reader, pending, version: version);
        var heard = Scene.HearAsync(await reader.Moq.SubscribeAsync(Name));
        await scene.PauseAsync(0.5);
        await silent.Session.DisposeAsync();
        Assert.That(await heard, Is.EqualTo("hello"));
    });

    [Test]
    public void Fetch_AsksTheOthers([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var has = await Route.OpenAsync(scene, reader, scene.Saying("kept"), version: version);
        using var hasNot = await Route.OpenAsync(scene, reader, scene.Broadcast(), version: version);
        var track = (await reader.Moq.SubscribeAsync(Name)).Track("t");
        using var group = await track.FetchAsync(0);
        Assert.That(group.Sequence, Is.Zero);
        var failure = await Failure.OfAsync<MoqStreamException>(async () => await track.FetchAsync(9));
        // In moq-lite-04 a group is fetched by a subscription, which waits for it.
        Assert.That(failure.Code, Is.EqualTo(version == "moq-lite-04" ? MoqErrorCode.Timeout : MoqErrorCode.NotFound));
    });
}
