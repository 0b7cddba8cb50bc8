using IrohMoq.Examples.Recipes;

namespace IrohMoq.Examples.Tests;

/// <content>The recipes that write frames in other ways than as a whole.</content>
public sealed partial class RecipeTests
{
    [Test]
    public void FrameWithoutCopy_IsRead() => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        var video = broadcast.CreateTrack("video");
        using var registration = publisher.Publish("studio/main", broadcast);
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var studio = await session.SubscribeAsync("studio/main");
        var reading = studio.Track("video").ReadGroupsAsync().GetAsyncEnumerator();
        var next = reading.MoveNextAsync();
        await video.WaitForSubscriberAsync();
        var picture = new byte[50_000];
        picture.AsSpan().Fill(3);
        await FrameWithoutCopy.SendPictureAsync(video, new MemoryStream(picture), 64 * 1024);
        Assert.That(await next, Is.True);
        await foreach (var frame in reading.Current.ReadFramesAsync())
            Assert.That(frame.ToArray(), Is.EqualTo(picture));
        await reading.DisposeAsync();
    });

    [Test]
    public void FrameInPieces_IsReadWithItsProgress() => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        var video = broadcast.CreateTrack("video");
        using var registration = publisher.Publish("studio/main", broadcast);
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var studio = await session.SubscribeAsync("studio/main");
        var reading = studio.Track("video").ReadGroupsAsync().GetAsyncEnumerator();
        var next = reading.MoveNextAsync();
        await video.WaitForSubscriberAsync();
        var picture = new byte[50_000];
        Random.Shared.NextBytes(picture);
        var sending = FrameInPieces.SendAsync(video, new MemoryStream(picture));
        Assert.That(await next, Is.True);
        var (received, shown) = (new MemoryStream(), new List<double>());
        await FrameInPieces.ReceiveAsync(reading.Current, received, shown.Add);
        await sending;
        Assert.That((received.ToArray(), shown[^1]), Is.EqualTo((picture, 1.0)));
        await reading.DisposeAsync();
    });
}
