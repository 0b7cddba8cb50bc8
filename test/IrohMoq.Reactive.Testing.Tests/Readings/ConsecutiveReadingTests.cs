namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Readings of one remote track, each of which begins at the moment at which the one before it has ended: it must not join the
/// subscription of the other one, which begins and ends elsewhere.
/// </summary>
public sealed class ConsecutiveReadingTests
{
    private static readonly string[] Protocols = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void EachReading_GetsTheGroupsThatItAsksFor(
        [ValueSource(nameof(Protocols))] string protocol, [Values] bool isOfAllSessions) =>
        Run(protocol, isOfAllSessions, static async (scene, track, remote) =>
        {
            for (var i = 0; i < 6; i++)
                Put(track);
            var began = scene.Seconds;
            Assert.That(await ReadAsync(remote, new() { Start = GroupStart.Oldest, End = 3 }), Is.EqualTo("0 1 2 3"));
            Assert.That(await ReadAsync(remote, new() { Start = GroupStart.From(2), End = 3 }), Is.EqualTo("2 3"));
            Assert.That(await ReadAsync(remote, new(), 1), Is.EqualTo("5"));
            Assert.That(await ReadAsync(remote, new() { Start = GroupStart.Oldest }, 2), Is.EqualTo("0 1"));
            Assert.That(await ReadAsync(remote, new() { Start = GroupStart.From(1) }, 5), Is.EqualTo("1 2 3 4 5"));
            Assert.That(scene.Seconds - began, Is.LessThan(1), "each reading takes a round trip");
            await scene.PauseAsync(1);
            Assert.That(track.SubscriberCount, Is.Zero);
        });

    private static async Task<string> ReadAsync(TrackConsumer track, SubscribeOptions options, int most = int.MaxValue)
    {
        options = options with { Order = GroupOrder.Sequence };
        var read = new List<string>();
        await foreach (var group in track.ReadGroupsAsync(options))
        {
            read.Add(group.Skipped == 0 ? $"{group.Sequence}" : $"{group.Sequence}+{group.Skipped}");
            if (read.Count == most)
                break;
        }

        return string.Join(' ', read);
    }

    private static void Put(TrackProducer track)
    {
        using var group = track.AppendGroup();
        group.Write([1]);
        group.Finish();
    }

    private static void Run(string protocol, bool isOfAllSessions, Func<Scene, TrackProducer, TrackConsumer, Task> body) =>
        Scene.Run(async scene =>
        {
            var options = new MoqOptions { Protocols = [protocol] };
            var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
            using var broadcast = scene.Broadcast();
            using var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromHours(1) });
            using var live = publisher.Moq.Publish("x", broadcast);
            var session = await reader.ConnectAsync(publisher);
            var remote = isOfAllSessions ? await reader.Moq.SubscribeAsync("x") : await session.SubscribeAsync("x");
            await body(scene, track, remote.Track("t"));
        });
}
