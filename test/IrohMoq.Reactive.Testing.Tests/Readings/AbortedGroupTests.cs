namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A group that its producer aborts before it is read: the reader misses one group, on live and on lossless tracks.</summary>
public sealed class AbortedGroupTests
{
    [Test]
    public void GroupThatIsAbortedBeforeItIsRead_IsMissedOnce(
        [Values("moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06")] string protocol, [Values] bool isLossless) =>
        Scene.Run(async scene =>
        {
            var (track, reader) = await OpenAsync(scene, protocol, isLossless);
            var first = reader.ReadGroupAsync().AsTask();
            await track.WaitForSubscriberAsync();
            Write(track.AppendGroup());
            // A live track begins with its newest group, so that the reader must be there for the first one.
            Assert.That((await first)?.Sequence, Is.Zero);
            AbortAndFinish(track);
            await AssertMissesOneAsync(reader, isLossless);
        });

    /// <summary>What has arrived before the first read is counted once, in the order of the reader.</summary>
    [Test]
    public void ReaderThatBeginsLate_CountsTheGroupOnce([Values("moq-lite-05", "moq-lite-06")] string protocol) => Scene.Run(async scene =>
    {
        var (track, reader) = await OpenAsync(scene, protocol, isLossless: true);
        await track.WaitForSubscriberAsync();
        Write(track.AppendGroup());
        AbortAndFinish(track);
        await scene.PauseAsync(5);
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.Zero);
        await AssertMissesOneAsync(reader, isLossless: true);
    });

    private static async Task<(TrackProducer Track, TrackReader Reader)> OpenAsync(Scene scene, string protocol, bool isLossless)
    {
        var options = new MoqOptions { Protocols = [protocol] };
        var (publisher, subscriber) = (scene.Add("publisher", options), scene.Add("subscriber", options));
        var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = isLossless });
        publisher.Moq.Publish("n", broadcast);
        var received = await (await subscriber.ConnectAsync(publisher)).SubscribeAsync("n");
        return (track, received.Track("t").Open(new SubscribeOptions { Order = GroupOrder.Sequence }));
    }

    private static void Write(GroupProducer group)
    {
        group.Write("frame"u8);
        group.Finish();
    }

    private static void AbortAndFinish(TrackProducer track)
    {
        track.AppendGroup().Abort(new MoqErrorCode(99));
        Write(track.AppendGroup());
        track.Finish();
    }

    private static async Task AssertMissesOneAsync(TrackReader reader, bool isLossless)
    {
        Assert.That(reader.IsLossless, Is.EqualTo(isLossless));
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.EqualTo(2));
        Assert.That(await reader.ReadGroupAsync(), Is.Null);
        Assert.That(reader.Skipped, Is.EqualTo(1));
    }
}
