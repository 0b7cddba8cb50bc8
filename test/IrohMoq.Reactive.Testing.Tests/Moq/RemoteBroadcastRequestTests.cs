namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>Broadcasts that a peer requests by a name that is not announced.</summary>
public sealed class RemoteBroadcastRequestTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void NameBelowAnOfferedPrefix_IsRequestedFromThePublisher_AndRead([ValueSource(nameof(Versions))] string protocol) =>
        Run(protocol, static async (scene, publisher, session) =>
        {
            using var requests = publisher.Moq.OpenBroadcastRequests("room");
            Assert.That(publisher.Moq.PublishedBroadcasts, Is.Empty, "a prefix is no broadcast");
            var first = await session.RequestBroadcastAsync("room/a/b");
            var second = await session.RequestBroadcastAsync("room/a/b");
            var hearing = (Scene.HearAsync(first), Scene.HearAsync(second));
            var asked = await NextAsync(requests);
            Assert.That(asked.Path.ToString(), Is.EqualTo("room/a/b"));
            await scene.PauseAsync(3);
            using var broadcast = scene.Saying("on demand");
            asked.Accept(broadcast);
            Assert.That((await hearing.Item1, await hearing.Item2), Is.EqualTo(("on demand", "on demand")));
            Assert.That(session.OriginConsumer.Find("room/a/b"), Is.Null, "it is not announced");
        });

    [Test]
    public void OfferedPrefix_IsAnnouncedAsARoute_OnlyWhereThereAreRoutes([ValueSource(nameof(Versions))] string protocol) =>
        Run(protocol, static async (scene, publisher, session) =>
        {
            var seen = new List<string>();
            using var listening = session.Announcements().Subscribe(
                change => seen.Add($"{change.Path}{(change.IsActive ? "+" : "-")}{change.Broadcast.Route.IsPrefix}"));
            var requests = publisher.Moq.OpenBroadcastRequests("room");
            await scene.PauseAsync(1);
            requests.Dispose();
            await scene.PauseAsync(1);
            Assert.That(seen, Is.EqualTo(session.Protocol == "moq-lite-06" ? new[] { "room+True", "room-True" } : []));
        });

    [Test]
    public void LaterSession_IsOfferedThePrefixToo([ValueSource(nameof(Versions))] string protocol) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [protocol] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        using var broadcast = scene.Saying("hello");
        using var serving = publisher.Moq.BroadcastRequests("room").Subscribe(request => request.Accept(broadcast));
        var session = await reader.ConnectAsync(publisher);
        Assert.That(await Scene.HearAsync(await session.RequestBroadcastAsync("room/x")), Is.EqualTo("hello"));
    });

    [Test]
    public void RejectedAndUnknownNames_FailTheReading_AndNotTheSession([ValueSource(nameof(Versions))] string protocol) =>
        Run(protocol, static async (scene, publisher, session) =>
        {
            using var requests = publisher.Moq.OpenBroadcastRequests("room");
            var refused = await session.RequestBroadcastAsync("room/x");
            var hearing = Scene.HearAsync(refused);
            (await NextAsync(requests)).Reject();
            Assert.That(await CodeOfAsync(hearing), Is.EqualTo(MoqErrorCode.NotFound));
            hearing = Scene.HearAsync(refused);
            using var broadcast = scene.Saying("now");
            (await NextAsync(requests)).Accept(broadcast);
            Assert.That(await hearing, Is.EqualTo("now"), "a refusal is not cached");
            if (session.Protocol != "moq-lite-06")
            {
                hearing = Scene.HearAsync(await session.RequestBroadcastAsync("hall/x"));
                Assert.That(await CodeOfAsync(hearing), Is.EqualTo(MoqErrorCode.NotFound));
            }

            Assert.That(session.Closed.IsCompleted, Is.False);
        });

    [Test]
    public void RequestOfASubscriberThatLeaves_Ends([ValueSource(nameof(Versions))] string protocol) =>
        Run(protocol, static async (scene, publisher, session) =>
        {
            using var requests = publisher.Moq.OpenBroadcastRequests("room");
            var reader = (await session.RequestBroadcastAsync("room/gone")).Track("t").Open();
            await scene.PauseAsync(1);
            reader.Dispose();
            await scene.PauseAsync(1);
            using var next = (await session.RequestBroadcastAsync("room/next")).Track("t").Open();
            Assert.That((await NextAsync(requests)).Path.ToString(), Is.EqualTo("room/next"));
        });

    [Test]
    public void NameBelowARoute_IsReadThroughIt_AndRequestedAgainWhenTheRouteReturns() =>
        Run("moq-lite-06", static async (scene, publisher, session) =>
        {
            var waiting = session.RequestBroadcastAsync("a/b/c");
            await scene.PauseAsync(1);
            Assert.That(waiting.IsCompleted, Is.False, "nobody offers a prefix of it");
            using var broadcast = scene.Saying("hello");
            var serving = publisher.Moq.BroadcastRequests("a/b").Subscribe(request => request.Accept(broadcast));
            var child = await waiting;
            Assert.That((child.Route.IsPrefix, child.Route.WarmCost, child.Route.Hops.Count), Is.EqualTo((true, 1UL, 1)));
            Assert.That(await Scene.HearAsync(child), Is.EqualTo("hello"));

            serving.Dispose();
            Assert.That((await child.Closed).Cause, Is.EqualTo(BroadcastEndCause.Withdrawn));
            waiting = session.RequestBroadcastAsync("a/b/c");
            await scene.PauseAsync(1);
            Assert.That(waiting.IsCompleted, Is.False);
            using var again = publisher.Moq.BroadcastRequests("a").Subscribe(request => request.Accept(broadcast));
            Assert.That(await Scene.HearAsync(await waiting), Is.EqualTo("hello"));
        });

    /// <summary>A relay that publishes what it has received under its name also provides what is below it.</summary>
    [Test]
    public void NameBelowARoute_IsReadThroughARelay() => Scene.Run(static async scene =>
    {
        var options = new MoqOptions { Protocols = ["moq-lite-06"] };
        var (origin, relay, reader) = (scene.Add("origin", options), scene.Add("relay", options), scene.Add("reader", options));
        using var broadcast = scene.Saying("hello");
        using var serving = origin.Moq.BroadcastRequests("room").Subscribe(request => request.Accept(broadcast));
        var route = await (await relay.ConnectAsync(origin)).SubscribeAsync("room");
        using var forwarded = relay.Moq.Publish("room", route);
        var session = await reader.ConnectAsync(relay);
        Assert.That(await Scene.HearAsync(await session.RequestBroadcastAsync("room/x")), Is.EqualTo("hello"));
    });

    /// <summary>Two relays, each of which publishes to the other what it receives from it.</summary>
    [TestCase("moq-lite-03")]
    [TestCase("moq-lite-04")]
    [TestCase("moq-lite-05")]
    public void UnknownName_DoesNotComeBackToThePeerThatRequestsIt(string protocol) => Scene.Run(async scene =>
    {
        var (left, right) = (scene.AddRaw("left"), scene.AddRaw("right"));
        right.Listen([protocol]);
        var dialing = left.ConnectAsync(right.Address, [protocol]);
        var accepted = await right.AcceptAsync();
        var (here, there) = (new OriginProducer(scene.Network.Runtime), new OriginProducer(scene.Network.Runtime));
        await using var session = MoqSession.Connect(await dialing, scene.Options, here, here);
        await using var other = MoqSession.Accept(accepted, scene.Options, there, there);
        await scene.PauseAsync(1);
        var began = scene.Seconds;
        var reading = Scene.HearAsync(await session.RequestBroadcastAsync("x"));
        Assert.That(await CodeOfAsync(reading), Is.EqualTo(MoqErrorCode.NotFound));
        Assert.That(scene.Seconds - began, Is.EqualTo(2 * Scene.Latency).Within(0.001), "the time for the question and the answer");
    });

    [Test]
    public void EndOfTheSession_EndsWhatWasRequested_AndWhatIsWaitedFor([ValueSource(nameof(Versions))] string protocol) =>
        Run(protocol, static async (scene, publisher, session) =>
        {
            using var requests = publisher.Moq.OpenBroadcastRequests("room");
            var requested = await session.RequestBroadcastAsync("room/x");
            var waiting = session.Protocol == "moq-lite-06" ? session.RequestBroadcastAsync("hall") : null;
            var hearing = Scene.HearAsync(requested);
            await scene.PauseAsync(1);
            session.Close();
            Assert.That((await requested.Closed).Cause, Is.EqualTo(BroadcastEndCause.SessionEnded));
            Assert.That(await CodeOfAsync(hearing), Is.Not.Null);
            if (waiting is not null)
                Assert.That(await CodeOfAsync(waiting), Is.EqualTo(MoqErrorCode.Cancel));
            Assert.That(await CodeOfAsync(session.RequestBroadcastAsync("late")), Is.EqualTo(MoqErrorCode.Cancel));
        });

    [Test]
    public void Shutdown_EndsTheRequests() => Scene.Run(static async scene =>
    {
        var publisher = scene.Add("publisher");
        var isComplete = false;
        using var serving = publisher.Moq.BroadcastRequests("room").Subscribe(static _ => { }, () => isComplete = true);
        await publisher.Moq.ShutdownAsync();
        await scene.PauseAsync(1);
        Assert.That(isComplete, Is.True);
        Assert.That(() => publisher.Moq.OpenBroadcastRequests("x"), Throws.InstanceOf<ObjectDisposedException>());
    });

    private static void Run(string protocol, Func<Scene, Player, MoqSession, Task> body) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [protocol] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        await body(scene, publisher, await reader.ConnectAsync(publisher));
    });

    private static async Task<PendingBroadcast> NextAsync(RequestReader<PendingBroadcast> requests)
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
