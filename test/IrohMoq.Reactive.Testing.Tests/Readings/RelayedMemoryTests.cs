using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>What a relay keeps of the tracks that it passes on, for peers that have read them elsewhere.</summary>
public sealed class RelayedMemoryTests
{
    private const int Tracks = 40;
    private const int Groups = 20;
    private const int Size = 100_000;

    [Test]
    public void KeptGroups_AreBoundedForAllTracksTogether([Values] bool isPassedOn) => Scene.Run(async scene =>
    {
        var pool = new BlockPool();
        var limits = new SessionLimits { Pool = pool, ReceivedShare = 1 << 20, ReceivedBudget = 4 << 20 };
        var (origin, relay) = (scene.Add("origin"), scene.Add("relay", new MoqOptions { Limits = limits }));
        using var broadcast = scene.Broadcast();
        var options = new TrackOptions { MaxAge = TimeSpan.FromHours(1) };
        var tracks = Enumerable.Range(0, Tracks).Select(number => broadcast.CreateTrack($"{number}", options)).ToArray();
        using var live = origin.Moq.Publish("x", broadcast);
        var received = await (await relay.ConnectAsync(origin)).SubscribeAsync("x");
        using var forwarded = isPassedOn ? relay.Moq.Publish("x", received) : null;
        var readings = Enumerable.Range(0, Tracks).Select(number => CountAsync(received.Track($"{number}"))).ToArray();
        foreach (var track in tracks)
            await track.WaitForSubscriberAsync();
        foreach (var track in tracks)
        {
            for (var number = 0; number < Groups; number++)
            {
                using var group = track.AppendGroup();
                group.Write(new byte[Size]);
                group.Finish();
                await scene.PauseAsync(0.05);
            }
        }

        // A block is larger than its content.
        Assert.That(pool.BytesOut, isPassedOn ? Is.InRange(3 << 20, 12 << 20) : Is.LessThan(10 << 20));
        foreach (var track in tracks)
            track.Finish();
        foreach (var reading in readings)
            Assert.That(await reading, Is.EqualTo(Groups));
        await scene.PauseAsync(1);
        Assert.That(pool.BytesOut, Is.Zero, "The tracks have ended.");
    });

    private static async Task<int> CountAsync(TrackConsumer track)
    {
        var count = 0;
        await foreach (var group in track.ReadGroupsAsync())
        {
            await foreach (var frame in group.ReadFramesAsync())
                count++;
        }

        return count;
    }
}
