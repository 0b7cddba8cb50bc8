namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>A fetch from a track that does not exist reaches whoever provides tracks on request.</summary>
public sealed class RequestedFetchTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void Fetch_RequestsTheTrack_AndWaitsForItsGroup([ValueSource(nameof(Versions))] string version) =>
        Fetching.Run(version, static async test =>
        {
            using var requests = test.Broadcast.OpenTrackRequests();
            var fetching = Fetching.FetchAsync(test.RemoteBroadcast.Track("new"), 1);
            var request = await NextAsync(requests);
            Assert.That((request.Name, request.SubscriberCount), Is.EqualTo(("new", 1)));
            await test.Scene.PauseAsync(2);
            using var track = request.Accept();
            foreach (var letter in new[] { "a", "b" })
            {
                await test.Scene.PauseAsync(0.5);
                using var group = track.AppendGroup();
                Fetching.Write(group, letter, 2);
                group.Finish();
            }

            Assert.That(await fetching, Is.EqualTo("1: b0 b1"));
            await test.Scene.PauseAsync(1);
            Assert.That(track.SubscriberCount, Is.Zero, "the fetch has left nothing");
        });

    /// <summary>The producer writes only while it has a reader, and gives the track up when it has none.</summary>
    [Test]
    public void ProducerThatEndsWithItsReaders_IsAskedAgain([ValueSource(nameof(Versions))] string version) =>
        Fetching.Run(version, static async test =>
        {
            using var requests = test.Broadcast.OpenTrackRequests();
            var served = 0;
            var serving = ServeAsync();
            Assert.That(await Fetching.FetchAsync(test.RemoteBroadcast.Track("new"), 0), Is.EqualTo("0: a0 a1"));
            await test.Scene.PauseAsync(1);
            Assert.That(await Fetching.FetchAsync(test.RemoteBroadcast.Track("new"), 0), Is.EqualTo("0: a0 a1"));
            Assert.That(served, Is.GreaterThanOrEqualTo(2));
            requests.Dispose();
            await serving;

            async Task ServeAsync()
            {
                await foreach (var request in requests.ReadAllAsync())
                {
                    served++;
                    using var track = request.Accept();
                    await test.Scene.PauseAsync(0.2);
                    using (var group = track.AppendGroup())
                    {
                        Fetching.Write(group, "a", 2);
                        group.Finish();
                    }

                    await track.WaitForNoSubscriberAsync();
                }
            }
        });

    [Test]
    public void RejectedTrack_FailsTheFetchWithItsCode([ValueSource(nameof(Versions))] string version) =>
        Fetching.Run(version, static async test =>
        {
            using var requests = test.Broadcast.OpenTrackRequests();
            var fetching = Fetching.FetchAsync(test.RemoteBroadcast.Track("new"), 0);
            (await NextAsync(requests)).Reject(MoqErrorCode.FromApplication(7));
            Assert.That(await fetching, Does.Contain("application").IgnoreCase.Or.EqualTo("13 (not found)"));
            Assert.That(test.Broadcast.Find("new"), Is.Null);
        });

    [Test]
    public void FetchInTheSameProcess_WaitsForTheTrack_ButNotForever() => Scene.Run(static async scene =>
    {
        using var broadcast = scene.Broadcast();
        using var requests = broadcast.OpenTrackRequests();
        var consumer = broadcast.Consume();
        var began = scene.Seconds;
        var (late, early) = (Fetching.FetchAsync(consumer.Track("t"), 7), Fetching.FetchAsync(consumer.Track("t"), 0));
        using var track = (await NextAsync(requests)).Accept();
        using (var group = track.CreateGroup(3))
        {
            Fetching.Write(group, "a", 1);
            group.Finish();
        }

        Assert.That((await early, scene.Seconds), Is.EqualTo(("13 (not found)", began)).Within(0.001), "a later group exists");
        Assert.That(await late, Is.EqualTo("3 (timeout)"));
        Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.001));
        Assert.That(track.SubscriberCount, Is.Zero);
        Assert.That(await Fetching.FetchAsync(consumer.Track("t"), 1), Is.EqualTo("13 (not found)"), "the track is here");
        using var plain = broadcast.CreateTrack("plain");
        Assert.That(await Fetching.FetchAsync(consumer.Track("plain"), 0), Is.EqualTo("13 (not found)"), "nobody has asked for it");
        Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.001));
    });

    [Test]
    public void ReservedTrack_IsWaitedFor_AndCancellationLeavesIt() => Scene.Run(static async scene =>
    {
        using var broadcast = scene.Broadcast();
        var reserved = broadcast.ReserveTrack("t");
        using var stop = new CancellationTokenSource();
        var stopped = broadcast.Consume().Track("t").FetchAsync(0, null, stop.Token).AsTask();
        var waiting = Fetching.FetchAsync(broadcast.Consume().Track("t"), 0);
        stop.Cancel();
        await scene.PauseAsync(1);
        Assert.That((stopped.IsCanceled, waiting.IsCompleted, reserved.SubscriberCount), Is.EqualTo((true, false, 1)));
        using var track = reserved.Accept(new TrackOptions { Lossless = true });
        for (var i = 0; i < 3; i++)
        {
            using var group = await track.AppendGroupAsync();
            Fetching.Write(group, "abc"[i..(i + 1)], 1);
            group.Finish();
        }

        Assert.That(await waiting, Is.EqualTo("0: a0"));
    });

    /// <summary>One peer may not fill the queue of requests for others.</summary>
    [Test]
    public void RequestsByFetches_CountForThePeer() => Fetching.Run("moq-lite-06", static async test =>
    {
        using var requests = test.Broadcast.OpenTrackRequests();
        var fetching = Enumerable.Range(0, RequestQueue<PendingTrack>.MaxPerPeer + 1)
            .Select(number => Fetching.FetchAsync(test.RemoteBroadcast.Track($"{number}"), 0)).ToArray();
        await test.Scene.PauseAsync(1);
        Assert.That(fetching.Count(static one => one.IsCompleted), Is.EqualTo(1));
        using var mine = test.Broadcast.Consume().Track("mine").Open();
        Assert.That(test.Broadcast.Find("mine"), Is.Not.Null);
        foreach (var one in fetching)
            await one;
    });

    private static async Task<PendingTrack> NextAsync(RequestReader<PendingTrack> requests)
    {
        await foreach (var request in requests.ReadAllAsync())
            return request;
        throw new AssertionException("There is no further request.");
    }
}
