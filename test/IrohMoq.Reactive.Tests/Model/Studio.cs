using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Tests.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>A broadcast in virtual time whose memory is its own, so that every byte that is out is one of its frames'.</summary>
internal sealed class Studio
{
    public Studio(VirtualWorld world)
    {
        World = world;
        Broadcast = new BroadcastProducer(world.Runtime, Pool);
    }

    public VirtualWorld World { get; }

    public BlockPool Pool { get; } = new();

    public BroadcastProducer Broadcast { get; }

    public static void Run(Func<Studio, Task> body) => VirtualWorld.Run(world => body(new Studio(world)));

    /// <summary>Runs a test that does not wait.</summary>
    public static void Run(Action<Studio> body) => VirtualWorld.Run(world =>
    {
        body(new Studio(world));
        return Task.CompletedTask;
    });

    public TrackProducer Track(TrackOptions? options = null) => Broadcast.CreateTrack("track", options);

    public TrackConsumer Consumer() => Broadcast.Consume().Track("track");

    /// <summary>Runs everything that is due.</summary>
    public ValueTask SettleAsync() => DelayAsync(TimeSpan.FromMilliseconds(1));

    public ValueTask DelayAsync(TimeSpan time) => World.Runtime.DelayAsync(time);
}
