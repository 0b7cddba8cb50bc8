using System.Text;

namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>A publisher with one track and a peer that fetches its groups, directly or through a relaying peer.</summary>
internal sealed class Fetching
{
    public static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    private Fetching(Scene scene, BroadcastProducer broadcast, TrackProducer track, BroadcastConsumer remote) =>
        (Scene, Broadcast, Track, RemoteBroadcast) = (scene, broadcast, track, remote);

    public Scene Scene { get; }

    /// <summary>Gets the peer that publishes.</summary>
    public required Player Alice { get; init; }

    /// <summary>Gets the peer that fetches, or that relays.</summary>
    public required Player Bob { get; init; }

    public BroadcastProducer Broadcast { get; }

    public TrackProducer Track { get; }

    public BroadcastConsumer RemoteBroadcast { get; }

    public TrackConsumer Remote => RemoteBroadcast.Track("t");

    /// <summary>Gets the code of a group that does not exist. Without FETCH, a publisher cannot tell that it does not.</summary>
    public string NotFound => Session.Protocol is "moq-lite-03" or "moq-lite-04" ? "3 (timeout)" : "13 (not found)";

    /// <summary>Gets the session of the peer that fetches.</summary>
    public required MoqSession Session { get; init; }

    /// <summary>Runs a test with two peers that use a version.</summary>
    public static void Run(string protocol, Func<Fetching, Task> body, TrackOptions? options = null, bool isRelayed = false) =>
        Scene.Run(async scene =>
        {
            var offered = new MoqOptions { Protocols = [protocol] };
            var (alice, bob) = (scene.Add("alice", offered), scene.Add("bob", offered));
            using var broadcast = scene.Broadcast();
            using var track = broadcast.CreateTrack("t", options);
            using var live = alice.Moq.Publish("x", broadcast);
            var session = await bob.ConnectAsync(alice);
            var remote = await session.SubscribeAsync("x");
            if (!isRelayed)
            {
                await body(new Fetching(scene, broadcast, track, remote) { Alice = alice, Bob = bob, Session = session });
                return;
            }

            var carol = scene.Add("carol", offered);
            using var relayed = bob.Moq.Publish("y", remote);
            session = await carol.ConnectAsync(bob);
            remote = await session.SubscribeAsync("y");
            await body(new Fetching(scene, broadcast, track, remote) { Alice = alice, Bob = bob, Session = session });
        });

    /// <summary>Writes a finished group of frames that are a letter and the index of the frame.</summary>
    public void Put(string letter, int frames = 3)
    {
        using var group = Track.AppendGroup();
        Write(group, letter, frames);
        group.Finish();
    }

    public static void Write(GroupProducer group, string letter, int frames, int from = 0)
    {
        for (var i = from; i < from + frames; i++)
            group.Write(Encoding.UTF8.GetBytes($"{letter}{i}"), TimeSpan.FromMilliseconds(1000 + (20 * i)));
    }

    /// <summary>Returns the frames of a group, and the code with which it ended early.</summary>
    public static async Task<string> ReadAsync(GroupConsumer group)
    {
        var frames = new List<string>();
        try
        {
            await foreach (var frame in group.ReadFramesAsync())
                frames.Add(Encoding.UTF8.GetString(frame.Payload));
        }
        catch (MoqStreamException failure)
        {
            frames.Add($"{failure.Code}");
        }

        return string.Join(' ', frames);
    }

    /// <summary>Returns the number and the frames of a group that is fetched, or the code of the refusal.</summary>
    public static async Task<string> FetchAsync(TrackConsumer track, ulong sequence, FetchOptions? options = null)
    {
        try
        {
            var group = await track.FetchAsync(sequence, options);
            return $"{group.Sequence}: {await ReadAsync(group)}";
        }
        catch (MoqStreamException failure)
        {
            return $"{failure.Code}";
        }
        catch (MoqSessionClosedException)
        {
            return "closed";
        }
    }
}
