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

    private static void Run(string protocol, Func<Scene, TrackProducer, TrackConsumer, Task> body) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [protocol] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        using var live = publisher.Moq.Publish("x", broadcast);
        await body(scene, track, (await (await reader.ConnectAsync(publisher)).SubscribeAsync("x")).Track("t"));
    });

    private static async Task<string> ReadAsync(TrackConsumer track, GroupOrder order, GroupStart start = default)
    {
        var read = new List<string>();
        await foreach (var group in track.ReadGroupsAsync(new SubscribeOptions { Order = order, Start = start, End = 3 }))
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
