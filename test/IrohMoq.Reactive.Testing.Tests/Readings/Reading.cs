using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Provides a publisher with one track and a subscriber on a network in virtual time, and the steps that tests of readings share.
/// </summary>
internal sealed class Reading
{
    private Reading(Scene scene, TrackOptions? options)
    {
        Scene = scene;
        (Alice, Bob) = (scene.Add("alice"), scene.Add("bob"));
        Broadcast = new BroadcastProducer(scene.Network.Runtime, Published);
        Track = Broadcast.CreateTrack("t", options);
        Alice.Moq.Publish("x", Broadcast);
    }

    public Scene Scene { get; }

    /// <summary>Gets the memory of the published groups; received groups are in the shared pool.</summary>
    public BlockPool Published { get; } = new();

    public Player Alice { get; }

    public Player Bob { get; }

    public BroadcastProducer Broadcast { get; }

    public TrackProducer Track { get; }

    public Runtime Runtime => Scene.Network.Runtime;

    /// <summary>Gets the track at the subscriber.</summary>
    public TrackConsumer Remote => RemoteTrack("t");

    private BroadcastConsumer RemoteBroadcast { get; set; } = null!;

    public static void Run(TrackOptions? options, Func<Reading, Task> body) =>
        Run(
            static time => new InMemoryNetwork(time, seed: 7)
            {
                Latency = TimeSpan.FromSeconds(Tests.Scene.Latency),
                TracesArrivals = false,
            },
            options,
            body);

    public static void Run(
        Func<Microsoft.Reactive.Testing.TestScheduler, InMemoryNetwork> network, TrackOptions? options,
        Func<Reading, Task> body) => Tests.Scene.Run(network, async scene =>
    {
        var reading = new Reading(scene, options);
        var session = await reading.Bob.ConnectAsync(reading.Alice);
        reading.RemoteBroadcast = await session.SubscribeAsync("x");
        await body(reading);
    });

    /// <summary>Returns another track at the subscriber.</summary>
    public TrackConsumer RemoteTrack(string name) => RemoteBroadcast.Track(name);

    public ValueTask PauseAsync(double seconds) => Scene.PauseAsync(seconds);

    /// <summary>Writes a finished group. On a lossless track it waits for room.</summary>
    public async Task PutAsync(int bytes = 1, int frames = 1)
    {
        using var group = await Track.AppendGroupAsync();
        var frame = new byte[bytes];
        for (var i = 0; i < frames; i++)
            await group.WriteAsync(frame);
        group.Finish();
    }

    /// <summary>Writes a finished group with a number.</summary>
    public void Put(ulong sequence, int bytes = 1)
    {
        using var group = Track.CreateGroup(sequence);
        group.Write(new byte[bytes]);
        group.Finish();
    }

    /// <summary>Reads to the end of the track, and returns the number of each group and how the track ended.</summary>
    /// <param name="track">The track.</param>
    /// <param name="options">How it is read.</param>
    /// <param name="pause">Seconds after each frame.</param>
    public async Task<IReadOnlyList<string>> ReadAsync(TrackConsumer track, SubscribeOptions? options = null, double pause = 0)
    {
        var seen = new List<string>();
        try
        {
            await foreach (var group in track.ReadGroupsAsync(options))
                seen.Add(await ReadAsync(group, pause));
            seen.Add("end");
        }
        catch (MoqException failure)
        {
            seen.Add($"{failure.Code}");
        }

        return seen;
    }

    /// <summary>Returns the number of a group that was read completely, or the number and the code.</summary>
    public async Task<string> ReadAsync(GroupConsumer group, double pause = 0)
    {
        try
        {
            await foreach (var frame in group.ReadFramesAsync())
            {
                Assert.That(frame.Payload[0], Is.Zero);
                if (pause > 0)
                    await PauseAsync(pause);
            }

            return $"{group.Sequence}";
        }
        catch (MoqStreamException failure)
        {
            return $"{group.Sequence}:{failure.Code}";
        }
    }

    public static IEnumerable<string> Numbers(int count, int from = 0) =>
        Enumerable.Range(from, count).Select(static number => $"{number}");
}
