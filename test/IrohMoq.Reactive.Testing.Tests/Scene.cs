using System.Text;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>A network under the real TestScheduler with the few things that tests of the manager do again and again.</summary>
internal sealed class Scene
{
    /// <summary>From one peer to another.</summary>
    public const double Latency = 0.010;

    private readonly TestScheduler _time = new();

    private Scene(Func<TestScheduler, InMemoryNetwork> network) => Network = network(_time);

    public InMemoryNetwork Network { get; }

    public double Seconds => TimeSpan.FromTicks(_time.Clock).TotalSeconds;

    /// <summary>The options of a manager that is not made by the network.</summary>
    public MoqOptions Options => new() { Scheduler = _time };

    public static void Run(Func<Scene, Task> body) =>
        Run(static time => new InMemoryNetwork(time, seed: 7) { Latency = TimeSpan.FromSeconds(Latency) }, body);

    /// <summary>The same over a network with other bounds.</summary>
    public static void Run(Func<TestScheduler, InMemoryNetwork> network, Func<Scene, Task> body)
    {
        var scene = new Scene(network);
        scene.Network.Run(() => body(scene));
    }

    public Player Add(string name, MoqOptions? options = null) => new(this, Network.AddPeer(name, options));

    /// <summary>Two peers, the one with the smaller id first.</summary>
    public (Player Small, Player Great) AddPair(MoqOptions? options = null)
    {
        var (anna, ben) = (Add("anna", options), Add("ben", options));
        return anna.Id < ben.Id ? (anna, ben) : (ben, anna);
    }

    /// <summary>A peer that speaks moq-lite by hand.</summary>
    public InMemoryEndpoint AddRaw(string name, params string[] protocols)
    {
        var endpoint = Network.AddEndpoint(name);
        if (protocols.Length > 0)
            endpoint.Listen(protocols);
        return endpoint;
    }

    public BroadcastProducer Broadcast() => new(Network.Runtime);

    /// <summary>A broadcast that says who it is to whoever reads it.</summary>
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

    /// <summary>What the newest group of a broadcast's track says.</summary>
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

    /// <summary>How many lines of the trace say that.</summary>
    public int Told(string what) => Network.Trace.Lines.Count(line => line.Contains(what, StringComparison.Ordinal));
}
