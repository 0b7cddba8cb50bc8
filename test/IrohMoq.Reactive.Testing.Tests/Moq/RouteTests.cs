namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>The routes of announcements: who has forwarded them, what they cost, and that they do not go in a circle.</summary>
public sealed class RouteTests
{
    [Test]
    public void ForwardedBroadcast_NamesItsHops([Values("moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06")] string protocol) =>
        Scene.Run(async scene =>
        {
            var options = new MoqOptions { Protocols = [protocol] };
            var (origin, relay, reader) = (scene.Add("origin", options), scene.Add("relay", options), scene.Add("reader", options));
            using var broadcast = scene.Saying("hello");
            using var live = origin.Moq.Publish("x", broadcast);
            var received = await (await relay.ConnectAsync(origin)).SubscribeAsync("x");
            using var forwarded = relay.Moq.Publish("x", received);
            var seen = await (await reader.ConnectAsync(relay)).SubscribeAsync("x");
            Assert.That(await Scene.HearAsync(seen), Is.EqualTo("hello"));
            var (first, both) = (received.Route, seen.Route);
            switch (protocol)
            {
                case "moq-lite-03":
                    Assert.That((first.Hops, both.Hops), Is.EqualTo((new ulong[] { 0 }, new ulong[] { 0, 0 })), "only a number");
                    break;
                default:
                    Assert.That((first.Hops.Count, both.Hops.Count), Is.EqualTo((1, 2)));
                    Assert.That(both.Hops[0], Is.EqualTo(first.Hops[0]).And.Not.Zero);
                    Assert.That(both.Hops[1], Is.Not.EqualTo(first.Hops[0]).And.Not.Zero);
                    break;
            }

            // Where there are no costs, each connection counts as 1. A peer that cannot tell what it costs to begin comes behind one that
            // can.
            var costs = protocol == "moq-lite-06" ? (1UL, 2UL, true) : (1UL, BroadcastRoute.MaxCost, false);
            Assert.That((first.WarmCost, both.ColdCost, both.IsPrefix), Is.EqualTo(costs));
            Assert.That(broadcast.Consume().Route, Is.SameAs(BroadcastRoute.Local));
        });

    [Test]
    public void FirstReaderOfARelay_LearnsThatATrackIsLossless(
        [Values("moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06")] string protocol) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [protocol] };
        var (origin, relay, reader) = (scene.Add("origin", options), scene.Add("relay", options), scene.Add("reader", options));
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = origin.Moq.Publish("x", broadcast);
        using var forwarded = relay.Moq.Publish("x", await (await relay.ConnectAsync(origin)).SubscribeAsync("x"));
        var seen = await (await reader.ConnectAsync(relay)).SubscribeAsync("x");
        using var reading = seen.Track("t").Open();
        var first = reading.ReadGroupAsync();
        await scene.PauseAsync(1);
        using (var group = await track.AppendGroupAsync())
            group.Finish();
        await first;
        Assert.That(reading.IsLossless, Is.True);
    });

    /// <summary>Each peer forwards what it reads to the next, in a circle: the broadcast does not come back to those who have it.</summary>
    [Test]
    public void CircleOfPeers_DoesNotForwardForever([Values("moq-lite-04", "moq-lite-05", "moq-lite-06")] string protocol) =>
        Scene.Run(async scene =>
        {
            var options = new MoqOptions { Protocols = [protocol] };
            var (origin, relay, other) = (scene.Add("origin", options), scene.Add("relay", options), scene.Add("other", options));
            using var broadcast = scene.Saying("hello");
            using var live = origin.Moq.Publish("x", broadcast);
            var received = await (await relay.ConnectAsync(origin)).SubscribeAsync("x");
            using var forwarded = relay.Moq.Publish("x", received);
            var again = await (await other.ConnectAsync(relay)).SubscribeAsync("x");
            using var closing = other.Moq.Publish("x", again);
            var back = await origin.ConnectAsync(other);
            await scene.PauseAsync(60);
            Assert.That(back.OriginConsumer.Names, Is.Empty, "it has come from there");
            Assert.That((await relay.ConnectAsync(other)).OriginConsumer.Names, Is.Empty, "it has come through there");
        });
}
