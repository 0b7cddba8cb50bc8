using IrohMoq.Reactive.Testing.Tests.Faults;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>Tracks that a peer requests from a publisher that creates them on demand.</summary>
public sealed class RemoteTrackRequestTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void UnknownTrack_IsRequestedFromThePublisher_AndReadWhenItIsAccepted([ValueSource(nameof(Versions))] string protocol) =>
        RunAsync(protocol, static async (scene, broadcast, remote) =>
        {
            using var requests = broadcast.OpenTrackRequests();
            var hearing = Scene.HearAsync(remote, "on demand");
            var asked = await NextAsync(requests);
            await scene.PauseAsync(3);
            Assert.That((asked.Name, hearing.IsCompleted), Is.EqualTo(("on demand", false)));
            using var track = asked.Accept(new TrackOptions { Timescale = 48_000, MaxAge = TimeSpan.FromSeconds(2) });
            Scene.Say(track, "hello");
            Assert.That(await hearing, Is.EqualTo("hello"));
            await track.WaitForNoSubscriberAsync();
        });

    [Test]
    public void PropertiesOfATrackThatIsRequested_AreThoseWithWhichItIsAccepted([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        RunAsync(protocol, static async (scene, broadcast, remote) =>
        {
            using var requests = broadcast.OpenTrackRequests();
            using var reader = remote.Track("t2").Open();
            var asked = await NextAsync(requests);
            await scene.PauseAsync(3);
            using var track = asked.Accept(new TrackOptions { Timescale = 48_000 });
            using (var written = track.AppendGroup())
            {
                written.Write("x"u8, TimeSpan.FromSeconds(1.0 / 48_000));
                written.Finish();
            }

            var group = await reader.ReadGroupAsync() ?? throw new AssertionException("There is no group.");
            Assert.That(group.Timescale, Is.EqualTo(48_000));
        });

    [Test]
    public void RejectedTrack_FailsTheReadingWithItsCode_AndIsRequestedAgain([ValueSource(nameof(Versions))] string protocol) =>
        RunAsync(protocol, static async (scene, broadcast, remote) =>
        {
            using var requests = broadcast.OpenTrackRequests();
            var hearing = Scene.HearAsync(remote, "x");
            (await NextAsync(requests)).Reject();
            Assert.That(await CodeOfAsync(hearing), Is.EqualTo(MoqErrorCode.NotFound));
            hearing = Scene.HearAsync(remote, "x");
            using var track = (await NextAsync(requests)).Accept();
            Scene.Say(track, "now");
            Assert.That(await hearing, Is.EqualTo("now"));
        });

    [Test]
    public void RequestOfAReaderThatLeaves_Ends([ValueSource(nameof(Versions))] string protocol) =>
        RunAsync(protocol, static async (scene, broadcast, remote) =>
        {
            using var requests = broadcast.OpenTrackRequests();
            var reader = remote.Track("x").Open();
            await scene.PauseAsync(1);
            Assert.That(broadcast.Find("x"), Is.Not.Null);
            reader.Dispose();
            await scene.PauseAsync(1);
            Assert.That(broadcast.Find("x"), Is.Null);
            using var next = remote.Track("y").Open();
            Assert.That((await NextAsync(requests)).Name, Is.EqualTo("y"));
        });

    /// <summary>Where the version can tell the properties of a track, a publisher that never answers makes no reader wait long.</summary>
    [Test]
    public void RequestThatIsNotAnswered_TimesOut([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        RunAsync(protocol, static async (scene, broadcast, remote) =>
        {
            using var requests = broadcast.OpenTrackRequests();
            var began = scene.Seconds;
            Assert.That(await CodeOfAsync(Scene.HearAsync(remote, "x")), Is.EqualTo(MoqErrorCode.Timeout));
            Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.1));
        });

    [Test]
    public void PeerWithTooManyRequests_IsRefused_AndAnotherIsNot(
        [ValueSource(nameof(Versions))] string protocol) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7) { Latency = TimeSpan.FromSeconds(Scene.Latency), MaxBidiStreams = 1_000 },
        async scene =>
        {
            var options = new MoqOptions { Protocols = [protocol] };
            var (publisher, mallory, bob) = (scene.Add("publisher", options), scene.Add("mallory", options), scene.Add("bob", options));
            using var broadcast = scene.Broadcast();
            using var live = publisher.Moq.Publish("x", broadcast);
            using var requests = broadcast.OpenTrackRequests();
            var many = await (await mallory.ConnectAsync(publisher)).SubscribeAsync("x");
            var readers = Enumerable.Range(0, RequestQueue<PendingTrack>.MaxPerPeer)
                .Select(number => many.Track($"{number}").Open()).ToArray();
            await scene.PauseAsync(1);
            // Up to moq-lite-05 there is no code for a lack of capacity.
            var refused = protocol == "moq-lite-06" ? MoqErrorCode.NoCapacity : MoqErrorCode.Unroutable;
            Assert.That(await CodeOfAsync(Scene.HearAsync(many, "one more")), Is.EqualTo(refused));
            var few = await (await bob.ConnectAsync(publisher)).SubscribeAsync("x");
            using var reader = few.Track("of bob").Open();
            var names = new List<string>();
            while (names.Count <= readers.Length)
                names.Add((await NextAsync(requests)).Name);
            Assert.That(names[^1], Is.EqualTo("of bob"));
            foreach (var one in readers)
                one.Dispose();
        });

    [Test, Fault(46)]
    public void Requests_ReachThePublisherInTheOrderInWhichTheyWereMade([ValueSource(nameof(Versions))] string protocol) =>
        RunAsync(protocol, static async (scene, broadcast, remote) =>
        {
            using var requests = broadcast.OpenTrackRequests();
            var readers = new List<TrackReader>();
            foreach (var name in new[] { "a", "b", "c" })
            {
                readers.Add(remote.Track(name).Open());
                await scene.PauseAsync(0.1);
            }

            Assert.That(
                ((await NextAsync(requests)).Name, (await NextAsync(requests)).Name, (await NextAsync(requests)).Name),
                Is.EqualTo(("a", "b", "c")));
            readers.ForEach(static reader => reader.Dispose());
        });

    [Test]
    public void RequestsAsAnObservable_AreAcceptedFromTheSubscriptionOn_AndCompleteWithTheBroadcast() => Scene.Run(static async scene =>
    {
        var (publisher, bob) = (scene.Add("publisher"), scene.Add("bob"));
        var broadcast = scene.Broadcast();
        var isComplete = false;
        using var subscription = broadcast.TrackRequests().Subscribe(
            request => Scene.Say(request.Accept(), $"you asked for {request.Name}"), () => isComplete = true);
        using var live = publisher.Moq.Publish("x", broadcast);
        var remote = await (await bob.ConnectAsync(publisher)).SubscribeAsync("x");
        Assert.That(await Scene.HearAsync(remote, "a"), Is.EqualTo("you asked for a"));
        Assert.That(await Scene.HearAsync(remote, "b"), Is.EqualTo("you asked for b"));
        broadcast.Dispose();
        await scene.PauseAsync(1);
        Assert.That(isComplete, Is.True);
    });

    private static void RunAsync(string protocol, Func<Scene, BroadcastProducer, BroadcastConsumer, Task> body) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [protocol] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        using var broadcast = scene.Broadcast();
        using var live = publisher.Moq.Publish("x", broadcast);
        await body(scene, broadcast, await (await reader.ConnectAsync(publisher)).SubscribeAsync("x"));
    });

    private static async Task<PendingTrack> NextAsync(RequestReader<PendingTrack> requests)
    {
        await foreach (var request in requests.ReadAllAsync())
            return request;
        throw new AssertionException("There is no further request.");
    }

    private static async Task<MoqErrorCode?> CodeOfAsync(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (MoqException failure)
        {
            return failure.Code;
        }
    }
}
