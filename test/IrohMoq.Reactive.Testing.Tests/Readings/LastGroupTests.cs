namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A reader of a remote track that states the last group that it needs.</summary>
public sealed class LastGroupTests
{
    [Test]
    public void Reading_EndsBehindTheLastGroup_AndTheSubscriptionWithIt(
        [Values("moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06")] string protocol,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [protocol] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        using var live = publisher.Moq.Publish("x", broadcast);
        var remote = (await (await reader.ConnectAsync(publisher)).SubscribeAsync("x")).Track("t");
        Put(track);
        var reading = ReadAsync();
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

        async Task<string> ReadAsync()
        {
            var read = new List<string>();
            await foreach (var group in remote.ReadGroupsAsync(new SubscribeOptions { Order = order, End = 3 }))
                read.Add($"{group.Sequence}");
            return string.Join(' ', read.Append("end"));
        }
    });

    private static void Put(TrackProducer track)
    {
        using var group = track.AppendGroup();
        group.Write([1]);
        group.Finish();
    }
}
