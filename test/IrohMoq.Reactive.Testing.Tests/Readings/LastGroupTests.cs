namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A reader of a remote track that states the last group that it needs.</summary>
public sealed class LastGroupTests
{
    private static readonly string[] Protocols = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void Reading_EndsBehindTheLastGroup_AndTheSubscriptionWithIt(
        [ValueSource(nameof(Protocols))] string protocol,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Run(protocol, async (scene, track, remote) =>
    {
        Put(track);
        var reading = ReadAsync(remote, order);
        await track.WaitForSubscriberAsync();
        for (var i = 1; i < 6; i++)
        {
            await scene.PauseAsync(0.5);
            Put(track);
        }

        Assert.That(await reading, Is.EqualTo("0 1 2 3 end"));
        await scene.PauseAsync(1);
        Assert.That(track.SubscriberCount, Is.Zero);
        Assert.That(track.GetReaders().Single().Groups, Is.EqualTo(4), "the publisher sends no later group");
    });

    /// <summary>Up to moq-lite-04, a publisher that has no group yet never says with which one it begins.</summary>
    [Test]
    public void ReadingThatBeginsBeforeTheFirstGroup_EndsBehindTheLast(
        [Values("moq-lite-03", "moq-lite-04")] string protocol,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order,
        [Values] bool isFromOldest) => Run(protocol, async (scene, track, remote) =>
    {
        var reading = ReadAsync(remote, order, isFromOldest ? GroupStart.Oldest : GroupStart.Latest);
        await track.WaitForSubscriberAsync();
        await scene.PauseAsync(1);
        for (var i = 1ul; i < 4; i++)
        {
            Assert.That(reading.IsCompleted, Is.False, "group 3 is still to come");
            Put(track, i);
            await scene.PauseAsync(0.2);
        }

        await scene.PauseAsync(5);
        Assert.That(reading.IsCompleted, Is.True, "no group before the first one comes");
        Assert.That(await reading, Is.EqualTo("1 2 3 end"));
    });

    /// <summary>A relay knows that there is no such group when its own publisher has told with which one it begins.</summary>
    [Test]
    public void LastGroupThatIsNotKept_EndsTheReading(
        [ValueSource(nameof(Protocols))] string protocol,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Run(protocol, async (scene, publisher, track) =>
    {
        var relay = scene.Add("relay", new MoqOptions { Protocols = [protocol] });
        for (var i = 0; i < 6; i++)
        {
            Put(track);
            await scene.PauseAsync(1);
        }

        using var relayed = relay.Moq.Publish("y", await (await relay.ConnectAsync(publisher)).SubscribeAsync("x"));
        var reader = (await (await scene.Add("far reader", new MoqOptions { Protocols = [protocol] }).ConnectAsync(relay))
            .SubscribeAsync("y")).Track("t");
        var reading = ReadAsync(reader, order, GroupStart.From(1), end: 2);
        await scene.PauseAsync(1);
        Put(track);
        await scene.PauseAsync(3);
        Assert.That(reading.IsCompleted, Is.True, "the publisher keeps groups for 2 s");
        Assert.That(await reading, Is.EqualTo("end"));
    });

    private static void Run(string protocol, Func<Scene, TrackProducer, TrackConsumer, Task> body) => Run(
        protocol,
        async (scene, publisher, track) =>
        {
            var reader = scene.Add("reader", new MoqOptions { Protocols = [protocol] });
            await body(scene, track, (await (await reader.ConnectAsync(publisher)).SubscribeAsync("x")).Track("t"));
        });

    private static void Run(string protocol, Func<Scene, Player, TrackProducer, Task> body) => Scene.Run(async scene =>
    {
        var publisher = scene.Add("publisher", new MoqOptions { Protocols = [protocol] });
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromSeconds(2) });
        using var live = publisher.Moq.Publish("x", broadcast);
        await body(scene, publisher, track);
    });

    private static async Task<string> ReadAsync(TrackConsumer track, GroupOrder order, GroupStart start = default, ulong end = 3)
    {
        var read = new List<string>();
        await foreach (var group in track.ReadGroupsAsync(new SubscribeOptions { Order = order, Start = start, End = end }))
            read.Add($"{group.Sequence}");
        return string.Join(' ', read.Append("end"));
    }

    private static void Put(TrackProducer track, ulong? number = null)
    {
        using var group = number is { } sequence ? track.CreateGroup(sequence) : track.AppendGroup();
        group.Write([1]);
        group.Finish();
    }
}
