namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A publisher that ends its tracks and closes its session in one go, as a program does that is stopped.</summary>
public sealed class StoppedPublisherTests
{
    private static readonly string[] Protocols = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void ReadingOfItsTrack_FailsWithTheEndOfTheSession(
        [ValueSource(nameof(Protocols))] string protocol, [Values(0, 0.1)] double pause) =>
        Run(protocol, async (scene, publisher, track, reading) =>
        {
            track.Dispose();
            await scene.PauseAsync(pause);
            (await publisher.OpenSessionAsync()).Close(MoqErrorCode.Cancel, "interrupted");
            var failure = await Failure.OfAsync<MoqSessionClosedException>(async () => await reading);
            Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.Cancel, true)));
            Assert.That(failure.Message, Does.Contain("interrupted"));
        });

    [Test]
    public void ReadingOfATrackThatIsDisposed_FailsWithTheEndOfTheTrack_WhenTheSessionGoesOn(
        [ValueSource(nameof(Protocols))] string protocol) =>
        Run(protocol, async (scene, _, track, reading) =>
        {
            var began = scene.Seconds;
            track.Dispose();
            var failure = await Failure.OfAsync<MoqStreamException>(async () => await reading);
            // Moq-lite-06 has no number for a track that is dropped.
            Assert.That(failure.Code, Is.EqualTo(protocol == "moq-lite-06" ? MoqErrorCode.Internal : MoqErrorCode.Dropped));
            Assert.That(scene.Seconds - began, Is.EqualTo(0.25).Within(0.05), "the session could have ended with it");
        });

    private static void Run(string protocol, Func<Scene, Player, TrackProducer, Task, Task> body) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [protocol] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        using var live = publisher.Moq.Publish("x", broadcast);
        var remote = await (await reader.ConnectAsync(publisher)).SubscribeAsync("x");
        var reading = ReadAsync(remote.Track("t"));
        await track.WaitForSubscriberAsync();
        await scene.PauseAsync(1);
        await body(scene, publisher, track, reading);
    });

    private static async Task ReadAsync(TrackConsumer track)
    {
        await foreach (var group in track.ReadGroupsAsync())
            Assert.Fail($"group {group.Sequence} was never written");
    }
}
