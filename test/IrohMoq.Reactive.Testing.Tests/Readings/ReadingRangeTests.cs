using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>What a reader asks for may be empty, or beyond every group that a track can have.</summary>
public sealed class ReadingRangeTests
{
    private static readonly string[] Protocols = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    /// <summary>A reader that goes on behind the last group that it needs, as a loop may do, has nothing to read.</summary>
    [Test]
    public void RangeThatEndsBeforeItsStart_IsReadAtOnce(
        [ValueSource(nameof(Protocols))] string protocol, [Values] bool isRemote, [Values] GroupOrder order) =>
        Run(protocol, isRemote, async (scene, track) =>
        {
            var began = scene.Seconds;
            Assert.That(await ReadAsync(track, new() { Order = order, Start = GroupStart.From(4), End = 3 }), Is.Empty);
            Assert.That(await ReadAsync(track, new() { Order = order, Start = GroupStart.From(8), End = 7 }), Is.Empty);
            Assert.That(scene.Seconds - began, Is.LessThan(1));
            Assert.That(
                await ReadAsync(track, new() { Order = order, Start = GroupStart.From(4), End = 5 }),
                Is.EqualTo(order == GroupOrder.Newest ? "5:4" : "4:4 5:4"));
        });

    [Test]
    public void LastFrameBeforeTheFirstOneOfAGroup_LeavesNothingToRead(
        [ValueSource(nameof(Protocols))] string protocol, [Values] bool isRemote,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) =>
        Run(protocol, isRemote, async (scene, track) =>
        {
            var began = scene.Seconds;
            var options = new SubscribeOptions { Order = order, Start = GroupStart.From(4), FirstFrame = 2, End = 4, LastFrame = 1 };
            Assert.That(await ReadAsync(track, options), Is.Empty);
            Assert.That(scene.Seconds - began, Is.LessThan(1));
            Assert.That(await ReadAsync(track, options with { LastFrame = 3 }), Is.EqualTo("4:2"));
        });

    [Test]
    public void LastGroupThatNoTrackCanHave_EndsWithTheTrack(
        [ValueSource(nameof(Protocols))] string protocol, [Values] bool isRemote) =>
        Run(protocol, isRemote, static async (scene, track) =>
        {
            var reading = ReadAsync(track, new() { Start = GroupStart.From(4), End = TrackProducer.MaxSequence });
            await scene.PauseAsync(1);
            Assert.That(reading.IsCompleted, Is.False);
        });

    [Test]
    public void LastGroupThatNoTrackCanHave_BoundsNothingForAPeer()
    {
        var options = SubscriptionTerms.ToOptions(new DeliveryTerms(EndGroup: (1UL << 62) - 1, FrameEnd: 2), MoqVersion.Lite06);
        Assert.That((options.End, options.LastFrame), Is.EqualTo(((ulong?)TrackProducer.MaxSequence, (int?)2)));
    }

    private static async Task<string> ReadAsync(TrackConsumer track, SubscribeOptions options)
    {
        var read = new List<string>();
        await foreach (var group in track.ReadGroupsAsync(options))
        {
            var frames = 0;
            await foreach (var frame in group.ReadFramesAsync())
                frames += frame.Length;
            read.Add($"{group.Sequence}:{frames}");
        }

        return string.Join(' ', read);
    }

    private static void Run(string protocol, bool isRemote, Func<Scene, TrackConsumer, Task> body) =>
        Scene.Run(async scene =>
        {
            var options = new MoqOptions { Protocols = [protocol] };
            var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
            using var broadcast = scene.Broadcast();
            using var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromHours(1) });
            for (var i = 0; i < 6; i++)
            {
                using var group = track.AppendGroup();
                for (var frame = 0; frame < 4; frame++)
                    group.Write([1]);
                group.Finish();
            }

            using var live = publisher.Moq.Publish("x", broadcast);
            var session = await reader.ConnectAsync(publisher);
            var remote = await session.SubscribeAsync("x");
            await body(scene, (isRemote ? remote : broadcast.Consume()).Track("t"));
        });
}
