namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>Groups behind the last one that a reader needs are no groups that it has missed, whoever else reads them.</summary>
public sealed class LastGroupGapTests
{
    private static readonly string[] Protocols = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    /// <summary>Group 8, which another reader needs, is the newest one when the last one comes, and nobody has those between.</summary>
    [Test]
    public void GapBehindTheLastGroup_IsNotMissed(
        [ValueSource(nameof(Protocols))] string protocol,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order,
        [Values(MissedGroupPolicy.Skip, MissedGroupPolicy.Fail)] MissedGroupPolicy policy) =>
        Run(protocol, async (scene, track, remote) =>
        {
            using var some = remote.Open(
                new SubscribeOptions { Start = GroupStart.From(0), End = 3, Order = order, MissedGroupPolicy = policy });
            var reading = ReadAsync(some);
            await track.WaitForSubscriberAsync();
            await scene.PauseAsync(0.1);
            foreach (var number in new[] { 0UL, 1UL, 2UL, 8UL, 3UL })
            {
                await WriteAsync(track, number);
                // The groups before group 8 are lost, not overtaken, when the last one comes.
                await scene.PauseAsync(number == 8 ? 3 : 0.1);
            }

            Assert.That(await reading, Is.EqualTo(new[] { 0UL, 1UL, 2UL, 3UL }));
            Assert.That(some.Skipped, Is.Zero);
        });

    [Test]
    public void GroupsBehindTheLastOne_ThatAreDropped_AreNotMissed([ValueSource(nameof(Protocols))] string protocol) =>
        Run(protocol, async (scene, track, remote) =>
        {
            using var some = remote.Open(
                new SubscribeOptions { Start = GroupStart.From(0), End = 1, MissedGroupPolicy = MissedGroupPolicy.Fail });
            await track.WaitForSubscriberAsync();
            await scene.PauseAsync(0.1);
            await WriteAsync(track, 0);
            using (var first = await some.ReadGroupAsync())
                Assert.That(first?.Sequence, Is.Zero);
            // The reader is busy meanwhile, and what it does not need is too old when it reads on.
            for (var number = 2UL; number < 10; number++)
            {
                await WriteAsync(track, number);
                await scene.PauseAsync(1);
            }

            await WriteAsync(track, 1);
            await scene.PauseAsync(0.1);
            using (var last = await some.ReadGroupAsync())
                Assert.That((last?.Sequence, last?.Skipped), Is.EqualTo((1UL, 0L)));
            Assert.That(await some.ReadGroupAsync(), Is.Null);
            Assert.That(some.Skipped, Is.Zero);
        });

    /// <summary>In sequence order, the last group is not waited for any more when a later one has waited long enough.</summary>
    [Test]
    public void LastGroupThatDoesNotCome_IsTheOnlyMissedOne([ValueSource(nameof(Protocols))] string protocol) =>
        Run(protocol, async (scene, track, remote) =>
        {
            using var some = remote.Open(
                new SubscribeOptions
                {
                    Start = GroupStart.From(0), End = 3, Order = GroupOrder.Sequence, MaxLatency = TimeSpan.FromSeconds(1),
                });
            var reading = ReadAsync(some);
            await track.WaitForSubscriberAsync();
            await scene.PauseAsync(0.1);
            foreach (var number in new[] { 0UL, 1UL, 2UL, 8UL })
                await WriteAsync(track, number);
            Assert.That(await reading, Is.EqualTo(new[] { 0UL, 1UL, 2UL }));
            Assert.That(some.Skipped, Is.EqualTo(1));
        });

    private static void Run(string protocol, Func<Scene, TrackProducer, TrackConsumer, Task> body) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [protocol] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromSeconds(4) });
        using var live = publisher.Moq.Publish("x", broadcast);
        var remote = (await (await reader.ConnectAsync(publisher)).SubscribeAsync("x")).Track("t");
        using var all = remote.Open(new SubscribeOptions { Start = GroupStart.From(0) });
        await body(scene, track, remote);
    });

    private static async Task WriteAsync(TrackProducer track, ulong number)
    {
        using var group = track.CreateGroup(number);
        await group.WriteAsync("x"u8.ToArray());
        group.Finish();
    }

    private static async Task<List<ulong>> ReadAsync(TrackReader reader)
    {
        var read = new List<ulong>();
        while (await reader.ReadGroupAsync() is { } group)
            read.Add(group.Sequence);
        return read;
    }
}
