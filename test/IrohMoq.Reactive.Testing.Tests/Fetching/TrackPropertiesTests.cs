namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>What a publisher tells of a track, to a peer that does not read it, directly and through a relaying peer.</summary>
public sealed class TrackPropertiesTests
{
    private static readonly string[] Versions = Fetching.Versions;

    private static readonly TrackOptions Video = new() { Priority = 9, MaxAge = TimeSpan.FromSeconds(2), Timescale = 90_000 };

    private static readonly TrackProperties ToldOfVideo =
        new() { Priority = 9, MaxAge = TimeSpan.FromSeconds(2), Timescale = 90_000 };

    [Test]
    public void Properties_AreTold_WithoutASubscription(
        [Values("moq-lite-05", "moq-lite-06")] string protocol, [Values] bool isRelayed) => Fetching.Run(
        protocol,
        static async test =>
        {
            Assert.That(await test.Remote.GetPropertiesAsync(), Is.EqualTo(ToldOfVideo));
            await test.Scene.PauseAsync(1);
            Assert.That(test.Track.ReaderTotals, Is.EqualTo(default(ReaderTotals)));
        },
        Video,
        isRelayed);

    /// <summary>There the method has to subscribe, and leaves the track when it is answered.</summary>
    [Test]
    public void PropertiesInAVersionWithoutTrack_AreThoseOfTheAnswerToASubscription(
        [Values("moq-lite-03", "moq-lite-04")] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            var properties = await test.Remote.GetPropertiesAsync();
            Assert.That(properties, Is.EqualTo(new TrackProperties { MaxAge = TimeSpan.FromSeconds(2), Timescale = 1000 }));
            await test.Scene.PauseAsync(1);
            Assert.That(test.Track.SubscriberCount, Is.Zero);
        },
        Video);

    [Test]
    public void LosslessTrack_IsToldAsSuch([ValueSource(nameof(Versions))] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            var properties = await test.Remote.GetPropertiesAsync();
            Assert.That(properties.IsLossless, Is.True);
            Assert.That(properties.MaxAge, Is.EqualTo(Timeout.InfiniteTimeSpan));
        },
        new TrackOptions { Lossless = true });

    /// <summary>The properties must not change: a relay that has begun to read the track tells what the publisher tells.</summary>
    [Test]
    public void RelayThatReadsTheTrack_TellsTheSameProperties([Values("moq-lite-05", "moq-lite-06")] string protocol) => Fetching.Run(
        protocol,
        async test =>
        {
            test.Put("a");
            using var reader = test.Remote.Open();
            Assert.That(await Fetching.ReadAsync((await reader.ReadGroupAsync())!), Is.EqualTo("a0 a1 a2"));
            // A peer that has asked nothing before: it knows no properties.
            var dora = test.Scene.Add("dora", new MoqOptions { Protocols = [protocol] });
            var session = await dora.ConnectAsync(test.Bob);
            var remote = await session.SubscribeAsync("y");
            Assert.That(await remote.Track("t").GetPropertiesAsync(), Is.EqualTo(ToldOfVideo));
        },
        Video,
        isRelayed: true);

    [Test]
    public void TrackThatDoesNotExist_IsNotFound([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            var track = test.RemoteBroadcast.Track("nothing");
            var failure = await Failure.OfAsync<MoqStreamException>(async () => await track.GetPropertiesAsync());
            Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.NotFound));
        });

    [Test]
    public void TrackThatWasAborted_TellsItsCode([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            test.Track.Abort(MoqErrorCode.FromApplication(9));
            var failure = await Failure.OfAsync<MoqStreamException>(async () => await test.Remote.GetPropertiesAsync());
            Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.FromApplication(9)));
        });

    [Test]
    public void ReservedTrackOfThisProcess_HasPropertiesWhenItIsCreated() => Fetching.Run("moq-lite-06", static async test =>
    {
        var reserved = test.Broadcast.ReserveTrack("later");
        var asked = test.Broadcast.Consume().Track("later").GetPropertiesAsync().AsTask();
        await test.Scene.PauseAsync(1);
        Assert.That(asked.IsCompleted, Is.False);
        using var track = reserved.Accept(Video);
        Assert.That(await asked, Is.EqualTo(ToldOfVideo));
    });

    [Test]
    public void RequestThatIsCanceled_Ends([ValueSource(nameof(Versions))] string protocol) => Fetching.Run(protocol, static async test =>
    {
        test.Scene.Network.Partition(test.Alice.Moq, test.Bob.Moq);
        using var canceled = new CancellationTokenSource();
        var asked = test.Remote.GetPropertiesAsync(canceled.Token).AsTask();
        await test.Scene.PauseAsync(1);
        Assert.That(asked.IsCompleted, Is.False);
        canceled.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await asked);
    });
}
