namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A lossless track that is read through a relay arrives whole, whatever the numbers of its groups are.</summary>
public sealed class RelayedLosslessTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void NumbersWithGapsBeyondAnyWindow_AllArrive_AndTheTrackEndsWell(
        [ValueSource(nameof(Versions))] string version, [Values(20, 300)] int groups) => Run(version, async (scene, track, remote) =>
    {
        var result = ReadAsync(remote);
        await track.WaitForSubscriberAsync();
        for (var i = 0; i < groups; i++)
        {
            Put(track, (ulong)i * 1_000_000, 1000);
            await scene.PauseAsync(0.02);
        }

        track.Finish();
        await scene.PauseAsync(30);
        Assert.That(result.IsCompleted, Is.True, "no standstill");
        Assert.That(await result, Is.EqualTo(Enumerable.Range(0, groups).Select(static i => $"{i * 1_000_000L}").Append("end")));
    });

    [Test]
    public void AbortedGroupAndUnusedNumber_AreNoLoss([ValueSource(nameof(Versions))] string version) =>
        Run(version, async (scene, track, remote) =>
        {
            var result = ReadAsync(remote);
            await track.WaitForSubscriberAsync();
            Put(track, 0);
            await scene.PauseAsync(0.2);
            using (var aborted = track.CreateGroup(1))
            {
                aborted.Write(new byte[1]);
                aborted.Abort(MoqErrorCode.FromApplication(8));
            }

            await scene.PauseAsync(0.2);
            Put(track, 3);
            await scene.PauseAsync(0.2);
            Put(track, 4);
            track.Finish();
            var whole = (await result).Where(static group => !group.StartsWith("1:", StringComparison.Ordinal));
            Assert.That(whole, Is.EqualTo(["0", "3", "4", "end"]));
        });

    private static void Run(string version, Func<Scene, TrackProducer, TrackConsumer, Task> body) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [version] };
        var (origin, relay, reader) = (scene.Add("origin", options), scene.Add("relay", options), scene.Add("reader", options));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = origin.Moq.Publish("x", broadcast);
        using var forwarded = relay.Moq.Publish("x", await (await relay.ConnectAsync(origin)).SubscribeAsync("x"));
        await body(scene, track, (await (await reader.ConnectAsync(relay)).SubscribeAsync("x")).Track("t"));
    });

    private static void Put(TrackProducer track, ulong sequence, int bytes = 1)
    {
        using var group = track.CreateGroup(sequence);
        group.Write(new byte[bytes]);
        group.Finish();
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(TrackConsumer track)
    {
        var seen = new List<string>();
        try
        {
            await foreach (var group in track.ReadGroupsAsync())
            {
                try
                {
                    await foreach (var frame in group.ReadFramesAsync())
                        Assert.That(frame.Payload[0], Is.Zero);
                    seen.Add($"{group.Sequence}");
                }
                catch (MoqStreamException failure)
                {
                    seen.Add($"{group.Sequence}:{failure.Code}");
                }
            }

            seen.Add("end");
        }
        catch (MoqException failure)
        {
            seen.Add($"{failure.Code}: {failure.Message}");
        }

        return seen;
    }
}
