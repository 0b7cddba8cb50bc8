namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A reading that begins earlier than the subscription, while the session moves to another connection.</summary>
public sealed class EarlierStartMoveTests
{
    private const int Groups = 40;
    private const int Size = 50_000;

    private static readonly string[] Versions = ["moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void EarlierGroups_ComeOverTheNextConnection_AndNoReaderGetsOneTwice(
        [ValueSource(nameof(Versions))] string version,
        [Values] bool joinsBefore,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7)
        {
            Latency = TimeSpan.FromSeconds(Scene.Latency),
            Bandwidth = 1 << 20,
            TracesArrivals = false,
        },
        async scene =>
        {
            var options = new MoqOptions { Protocols = [version] };
            var (publisher, subscriber) = (scene.Add("publisher", options), scene.Add("subscriber", options));
            using var broadcast = scene.Broadcast();
            using var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromMinutes(5) });
            using var published = publisher.Moq.Publish("x", broadcast);
            for (var i = 0; i < Groups; i++)
                Put();
            var session = await subscriber.ConnectAsync(publisher);
            var remote = (await session.SubscribeAsync("x")).Track("t");
            using var live = new EarlierStart.Reader(remote.Open(new SubscribeOptions { Order = order }), scene);
            await scene.PauseAsync(1);
            var before = session.Connection;
            using var early = joinsBefore ? Join() : null;
            // A part of the earlier groups has arrived.
            await scene.PauseAsync(0.5);
            Assert.That(await (await publisher.OpenSessionAsync()).GoAwayAsync(timeout: TimeSpan.FromSeconds(8)), Is.True);
            Assert.That(session.Connection, Is.Not.EqualTo(before));
            using var late = joinsBefore ? null : Join();
            await scene.PauseAsync(5);
            Put();
            await scene.PauseAsync(1);
            track.Finish();
            await scene.PauseAsync(5);
            var all = EarlierStart.Numbers(0, Groups + 1).Append("end");
            var seen = (early ?? late)!.Seen;
            Assert.That(seen, order == GroupOrder.Sequence ? Is.EqualTo(all) : Is.EquivalentTo(all));
            Assert.That(live.Seen, Is.EqualTo(EarlierStart.Numbers(Groups - 1, 2).Append("end")));
            Assert.That((live.Skipped, (early ?? late)!.Skipped), Is.EqualTo((0, 0)));

            EarlierStart.Reader Join() => new(remote.Open(new SubscribeOptions { Order = order, Start = GroupStart.Oldest }), scene);

            void Put()
            {
                using var group = track.AppendGroup();
                group.Write(new byte[Size]);
                group.Finish();
            }
        });
}
