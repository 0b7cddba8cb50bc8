using System.Text;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>Provides a network under the real TestScheduler and the steps that tests of the manager share.</summary>
internal sealed class Scene
{
    /// <summary>The latency from one peer to another, in seconds.</summary>
    public const double Latency = 0.010;

    private readonly TestScheduler _time = new();

    private Scene(Func<TestScheduler, InMemoryNetwork> network) => Network = network(_time);

    public InMemoryNetwork Network { get; }

    public double Seconds => TimeSpan.FromTicks(_time.Clock).TotalSeconds;

    /// <summary>Gets the options of a manager that the network does not create.</summary>
    public MoqOptions Options => new() { Scheduler = _time };

    public static void Run(Func<Scene, Task> body) =>
        Run(static time => new InMemoryNetwork(time, seed: 7) { Latency = TimeSpan.FromSeconds(Latency) }, body);

    /// <summary>Runs a test over a network with other limits.</summary>
    public static void Run(Func<TestScheduler, InMemoryNetwork> network, Func<Scene, Task> body)
    {
        var scene = new Scene(network);
        scene.Network.Run(() => body(scene));
    }

    public Player Add(string name, MoqOptions? options = null) => new(this, Network.AddPeer(name, options));

    /// <summary>Adds two peers and returns the one with the smaller id first.</summary>
    public (Player Small, Player Great) AddPair(MoqOptions? options = null)
    {
        var (anna, ben) = (Add("anna", options), Add("ben", options));
        return anna.Id < ben.Id ? (anna, ben) : (ben, anna);
    }

    /// <summary>Adds an endpoint without a manager, on which a test writes moq-lite messages.</summary>
    public InMemoryEndpoint AddRaw(string name, params string[] protocols)
    {
        var endpoint = Network.AddEndpoint(name);
        if (protocols.Length > 0)
            endpoint.Listen(protocols);
        return endpoint;
    }

    public BroadcastProducer Broadcast() => new(Network.Runtime);

    /// <summary>Creates a broadcast with a track whose group contains a text.</summary>
    public BroadcastProducer Saying(string text)
    {
        var broadcast = Broadcast();
        Say(broadcast.CreateTrack("t"), text);
        return broadcast;
    }

    public static void Say(TrackProducer track, string text)
    {
        using var group = track.AppendGroup();
        group.Write(Encoding.UTF8.GetBytes(text));
        group.Finish();
    }

    /// <summary>Returns the text in the newest group of the track of a broadcast.</summary>
    public static async Task<string> HearAsync(BroadcastConsumer broadcast, string track = "t")
    {
        await foreach (var group in broadcast.Track(track).ReadGroupsAsync())
        {
            using (group)
            {
                await foreach (var frame in group.ReadFramesAsync())
                    return Encoding.UTF8.GetString(frame.Payload);
            }
        }

        throw new AssertionException("The track has no frame.");
    }

    public ValueTask PauseAsync(double seconds) => Network.Runtime.DelayAsync(TimeSpan.FromSeconds(seconds));

    /// <summary>Returns the number of lines of the trace that contain a text.</summary>
    public int Told(string what) => Network.Trace.Lines.Count(line => line.Contains(what, StringComparison.Ordinal));
}
