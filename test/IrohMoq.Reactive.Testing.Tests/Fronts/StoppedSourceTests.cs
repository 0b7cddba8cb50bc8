using System.Text;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A source ends a track in the middle of a group. With some codes a publisher also ends that is stopped, so that whether its session ends
/// as well is waited for; the group goes on at the other source all the same.
/// </summary>
public sealed class StoppedSourceTests
{
    [Test]
    public void GroupOfATrackThatASourceEnds_GoesOnAtTheOther(
        [ValueSource(typeof(TwoRelays), nameof(TwoRelays.Versions))] string version, [Values("dropped", "internal", "7")] string code) =>
        Scene.Run(async scene =>
        {
            var reader = scene.Add("reader");
            var (one, other) = (scene.Broadcast(), scene.Broadcast());
            var (kept, dropped) = (one.CreateTrack("t"), other.CreateTrack("t"));
            using var first = await Route.OpenAsync(scene, reader, one, version: version);
            using var used = await Route.OpenAsync(scene, reader, other, version: version);
            var read = new List<string>();
            var reading = ReadAsync(await reader.Moq.SubscribeAsync(TwoRelays.Name));
            await dropped.WaitForSubscriberAsync();
            var (here, there) = (dropped.AppendGroup(), kept.AppendGroup());
            here.Write("a"u8);
            there.Write("a"u8);
            await scene.PauseAsync(1);
            Assert.That(read, Is.EqualTo(new[] { "a" }));
            dropped.Abort(code switch
            {
                "dropped" => MoqErrorCode.Dropped,
                "internal" => MoqErrorCode.Internal,
                _ => MoqErrorCode.FromApplication(7),
            });
            await scene.PauseAsync(0.5);
            Assert.That(kept.SubscriberCount, Is.EqualTo(1), "The other source is read after a quarter of a second at most.");
            there.Write("b"u8);
            there.Finish();
            kept.Finish();
            await reading;
            Assert.That(read, Is.EqualTo(new[] { "a", "b" }));

            async Task ReadAsync(BroadcastConsumer broadcast)
            {
                await foreach (var group in broadcast.Track("t").ReadGroupsAsync())
                {
                    await foreach (var frame in group.ReadFramesAsync())
                        read.Add(Encoding.UTF8.GetString(frame.Payload));
                }
            }
        });
}
