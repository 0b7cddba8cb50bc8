namespace IrohMoq.Reactive.Testing.Tests.Routes;

/// <summary>Publishers state and change the cost of their broadcasts, and whoever listens sees it without an end.</summary>
public sealed class RouteChangeTests
{
    [Test]
    public void CostOfABroadcast_ComesWithItsAnnouncement_AndItsChangeIsNoEnd() => Scene.Run(static async scene =>
    {
        var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
        using var broadcast = scene.Saying("hello");
        broadcast.SetCost(5, 100);
        using var live = publisher.Moq.Publish("x", broadcast);
        var session = await reader.ConnectAsync(publisher);
        var (seen, plain, all) = (new List<string>(), new List<string>(), new List<string>());
        using var listening = session.Announcements(includeRouteChanges: true).Subscribe(change => seen.Add(TextOf(change)));
        using var without = session.Announcements().Subscribe(change => plain.Add(TextOf(change)));
        using var merged = reader.Moq.Announcements(includeRouteChanges: true).Subscribe(
            change => all.Add(TextOf(change.IsActive, change.IsRouteChange, change.Route)));
        await scene.PauseAsync(1);
        var announced = session.OriginConsumer.Find("x")!;
        var reading = announced.Track("t").Open();
        await scene.PauseAsync(1);

        broadcast.SetCost(7);
        await scene.PauseAsync(1);
        broadcast.SetCost(0);
        await scene.PauseAsync(1);
        Assert.That(seen, Is.EqualTo(new[] { "+6/101", "~8/8", "~1/1" }), "with the cost of the connection");
        Assert.That((plain, all), Is.EqualTo((new[] { "+6/101" }, seen)));
        Assert.That((session.OriginConsumer.Find("x"), announced.Closed.IsCompleted), Is.EqualTo((announced, false)));
        Assert.That(broadcast.ReaderCount.IsAny, Is.True, "what is read goes on");
        reading.Dispose();
        live.Dispose();
        await scene.PauseAsync(1);
        Assert.That(seen[3..], Is.EqualTo(new[] { "-1/1" }));
    });

    [Test]
    public void OlderVersions_HaveNoCosts_SoThatEachConnectionCountsAsOne(
        [Values("moq-lite-03", "moq-lite-04", "moq-lite-05")] string version) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [version] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        using var broadcast = scene.Saying("hello");
        broadcast.SetCost(5);
        using var live = publisher.Moq.Publish("x", broadcast);
        var session = await reader.ConnectAsync(publisher);
        var seen = new List<string>();
        using var listening = session.Announcements(includeRouteChanges: true).Subscribe(change => seen.Add(TextOf(change)));
        await scene.PauseAsync(1);
        broadcast.SetCost(7);
        await scene.PauseAsync(1);
        Assert.That((seen, session.Closed.IsCompleted), Is.EqualTo((new[] { $"+1/{BroadcastRoute.MaxCost}" }, false)));
    });

    /// <summary>Each relay adds the cost of its connection.</summary>
    [Test]
    public void ChangeOfCost_PassesRelays() => Scene.Run(static async scene =>
    {
        var (publisher, relay, reader) = (scene.Add("publisher"), scene.Add("relay"), scene.Add("reader"));
        using var broadcast = scene.Saying("hello");
        using var live = publisher.Moq.Publish("x", broadcast);
        var received = await (await relay.ConnectAsync(publisher)).SubscribeAsync("x");
        using var forwarded = relay.Moq.Publish("x", received);
        var session = await reader.ConnectAsync(relay);
        var seen = new List<string>();
        using var listening = session.Announcements(includeRouteChanges: true).Subscribe(change => seen.Add(TextOf(change)));
        await scene.PauseAsync(1);
        broadcast.SetCost(10, BroadcastRoute.MaxCost);
        await scene.PauseAsync(1);
        Assert.That(seen, Is.EqualTo(new[] { "+2/2", $"~12/{BroadcastRoute.MaxCost}" }), "a sum has a bound");
        Assert.That(session.OriginConsumer.Find("x")!.Route.Hops, Has.Count.EqualTo(2));
    });

    /// <summary>A peer that goes away and has dialed is not dialed again: it serves what is read until it ends.</summary>
    [Test]
    public void RouteOverAPeerThatGoesAway_IsTheLastChoice_AndIsServedToTheEnd(
        [Values("moq-lite-04", "moq-lite-05", "moq-lite-06")] string version) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [version] };
        var (publisher, relay) = (scene.Add("publisher", options), scene.Add("relay", options));
        var reader = scene.Add("reader", options);
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var live = publisher.Moq.Publish("x", broadcast);
        var leaving = await publisher.ConnectAsync(relay);
        using var forwarded = relay.Moq.Publish("x", await relay.Moq.SubscribeAsync("x"));
        var session = await reader.ConnectAsync(relay);
        var (here, there) = (new List<string>(), new List<string>());
        using var atTheRelay = relay.Moq.Announcements(includeRouteChanges: true).Subscribe(
            change => here.Add(TextOf(change.IsActive, change.IsRouteChange, change.Route)));
        using var atTheReader = session.Announcements(includeRouteChanges: true).Subscribe(change => there.Add(TextOf(change)));
        await scene.PauseAsync(1);
        using var reading = session.OriginConsumer.Find("x")!.Track("t").Open();
        await scene.PauseAsync(1);

        var asking = leaving.GoAwayAsync(timeout: TimeSpan.FromSeconds(5));
        await scene.PauseAsync(1);
        using (var group = track.AppendGroup())
        {
            group.Write([1]);
            group.Finish();
        }

        Assert.That((await reading.ReadGroupAsync())?.Sequence, Is.Zero, "it is served");
        var highest = $"~{BroadcastRoute.MaxCost}/{BroadcastRoute.MaxCost}";
        Assert.That(here[^1], Is.EqualTo(highest));
        Assert.That(there[1..], Is.EqualTo(version == "moq-lite-06" ? [highest] : Array.Empty<string>()), "older versions have no costs");
        Assert.That(asking.IsCompleted, Is.False);
        await asking;
    });

    [Test]
    public void Front_HasTheRouteOfItsBestSource_AndWhatIsReadStaysWhereItIs() => Scene.Run(static async scene =>
    {
        var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
        var relays = new[] { scene.Add("relay 1"), scene.Add("relay 2") };
        using var broadcast = scene.Saying("hello");
        using var live = publisher.Moq.Publish("x", broadcast);
        var received = new List<BroadcastProducer>();
        foreach (var relay in relays)
        {
            var source = await (await relay.ConnectAsync(publisher)).SubscribeAsync("x");
            relay.Moq.Publish("x", source);
            received.Add(source.Producer);
            await reader.ConnectAsync(relay);
        }

        await scene.PauseAsync(1);
        var front = await reader.Moq.SubscribeAsync("x");
        using var reading = front.Track("t").Open();
        await scene.PauseAsync(1);
        var before = front.Route;
        var (used, other) = received[0].ReaderCount.IsAny ? (received[0], received[1]) : (received[1], received[0]);
        Assert.That((used.ReaderCount.IsAny, other.ReaderCount.IsAny), Is.EqualTo((true, false)));
        // A relay learns of another cost of the link to the publisher.
        used.Route = new BroadcastRoute(used.Route.Ids, 100, 100, isPrefix: true);
        await scene.PauseAsync(1);
        Assert.That((before.WarmCost, front.Route.WarmCost, front.Route.Hops[1] == before.Hops[1]), Is.EqualTo((2ul, 2ul, false)));
        Assert.That((used.ReaderCount.IsAny, other.ReaderCount.IsAny), Is.EqualTo((true, false)), "nothing moves");
    });

    [Test]
    public void SeveralChangesAtOnce_AreOne_AndOneThatIsTakenBackIsNone() => Scene.Run(static async scene =>
    {
        using var broadcast = scene.Broadcast();
        var origin = new OriginProducer(scene.Network.Runtime);
        using var live = origin.Publish("x", broadcast.Consume());
        using var cursor = origin.OpenAnnouncements(default, includeRoutes: true);
        using var without = origin.OpenAnnouncements(default);
        Assert.That((Next(cursor), Next(without)), Is.EqualTo(("+0/0", "+0/0")));
        broadcast.SetCost(1);
        broadcast.SetCost(2);
        Assert.That((Next(cursor), Next(cursor), Next(without)), Is.EqualTo(("~2/2", "", "")));
        broadcast.SetCost(3);
        broadcast.SetCost(2);
        Assert.That(Next(cursor), Is.Empty);
        broadcast.SetCost(4);
        broadcast.Finish();
        Assert.That((Next(cursor), Next(without)), Is.EqualTo(("-2/2", "-0/0")), "the end is that of what was reported");
        await scene.PauseAsync(0);
    });

    [TestCase(BroadcastRoute.MaxCost + 1, null)]
    [TestCase(0ul, BroadcastRoute.MaxCost + 1)]
    [TestCase(2ul, 1ul)]
    public void CostThatIsNone_IsRefused(ulong warm, object? cold)
    {
        using var broadcast = new BroadcastProducer();
        Assert.That(() => broadcast.SetCost(warm, (ulong?)cold), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(broadcast.Consume().Route, Is.SameAs(BroadcastRoute.Local));
    }

    private static string Next(AnnounceCursor cursor) => cursor.TryNext(out var change) ? TextOf(change) : "";

    private static string TextOf(Announcement change) => TextOf(change.IsActive, change.IsRouteChange, change.Route);

    private static string TextOf(bool isActive, bool isRouteChange, BroadcastRoute route) =>
        $"{(isRouteChange ? '~' : isActive ? '+' : '-')}{route.WarmCost}/{route.ColdCost}";
}
