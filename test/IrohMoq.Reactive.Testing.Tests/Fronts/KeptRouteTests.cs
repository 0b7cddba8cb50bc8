namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// In moq-lite-04 a change of a route ends the broadcast at the peer. So the peer is told of another route only if the one that it knows
/// does not hold any more, or is shorter than the one that is used.
/// </summary>
public sealed class KeptRouteTests
{
    private const string Name = TwoRelays.Name;

    [Test]
    public void BetterSourceComes_TheBroadcastGoesOn_UntilTheRouteThatThePeerKnowsHasGone() => Scene.Run(static async scene =>
    {
        var (publisher, relay, front, reader) = (Old(scene, "publisher"), Old(scene, "relay"), Old(scene, "front"), Old(scene, "reader"));
        publisher.Moq.Publish(Name, scene.Saying("hello"));
        var received = await (await relay.ConnectAsync(publisher)).SubscribeAsync(Name);
        using var forwarded = relay.Moq.Publish(Name, received);
        await front.ConnectAsync(relay);
        var broadcast = await front.Moq.SubscribeAsync(Name);
        front.Moq.Publish(Name, broadcast);
        var seen = await WatchAsync(reader, front);
        await scene.PauseAsync(1);
        Assert.That(seen, Is.EqualTo(new[] { "+3" }));

        await front.ConnectAsync(publisher);
        await scene.PauseAsync(1);
        Assert.That((broadcast.Route.Hops.Count, string.Join(' ', seen)), Is.EqualTo((1, "+3")), "The known route still holds.");
        forwarded.Dispose();
        await scene.PauseAsync(1);
        Assert.That(seen, Is.EqualTo(new[] { "+3", "-3", "+2" }), "No source has the known route.");
    });

    [Test]
    public void LongerRouteIsBetter_ThePeerIsTold() => Scene.Run(static async scene =>
    {
        var reader = Old(scene, "reader");
        var front = scene.Add("front");
        var broadcast = scene.Saying("hello");
        using var direct = await Route.OpenAsync(scene, front, broadcast);
        front.Moq.Publish(Name, await front.Moq.SubscribeAsync(Name));
        var seen = await WatchAsync(reader, front);
        await scene.PauseAsync(1);
        using var other = await Route.OpenAsync(scene, front, broadcast);
        var source = (await SessionAsync(front, other)).OriginConsumer.Find(Name)!.Producer;
        source.Route = new BroadcastRoute([.. source.Route.Ids, 77], 0, 0, isPrefix: true);
        await scene.PauseAsync(1);
        Assert.That(seen, Is.EqualTo(new[] { "+2", "-2", "+3" }), "What is read comes over more hops than the peer knows.");
    });

    /// <summary>
    /// A connection of a version without costs is no shorter way than one that has a cost. Simulated as the seed 90 of the relays that
    /// publish fronts.
    /// </summary>
    [Test]
    public void WayOfAVersionWithoutCosts_IsNotBetterThanAShorterOne() => Scene.Run(static async scene =>
    {
        var (publisher, relay, reader) = (scene.Add("publisher"), Old(scene, "relay"), scene.Add("reader"));
        publisher.Moq.Publish(Name, scene.Saying("hello"));
        relay.Moq.Publish(Name, await (await relay.ConnectAsync(publisher)).SubscribeAsync(Name));
        await reader.ConnectAsync(publisher);
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        await reader.ConnectAsync(relay);
        await scene.PauseAsync(1);
        Assert.That((broadcast.Route.Hops.Count, broadcast.Route.WarmCost), Is.EqualTo((1, 1ul)));
    });

    private static Player Old(Scene scene, string name) => scene.Add(name, new MoqOptions { Protocols = ["moq-lite-04"] });

    private static async Task<MoqSession> SessionAsync(Player player, Route route)
    {
        await foreach (var sessions in player.Moq.ReadOpenSessionsAsync())
            return sessions.Single(session => session.RemoteId == route.Endpoint.Id);
        throw new AssertionException("There is no session.");
    }

    private static async Task<List<string>> WatchAsync(Player reader, Player from)
    {
        var seen = new List<string>();
        var session = await reader.ConnectAsync(from);
        session.Announcements(includeRouteChanges: true).Subscribe(
            change => seen.Add($"{(change.IsRouteChange ? '~' : change.IsActive ? '+' : '-')}{change.Route.Hops.Count}"));
        return seen;
    }
}
