using System.Text;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Examples;

/// <summary>A peer of a swarm: its manager, and where it is dialed.</summary>
public sealed record Peer(string Name, Moq Moq, EndpointAddr Address, Runtime Runtime)
{
    public EndpointId Id => Address.Id;

    /// <summary>Publishes a broadcast with one track of lines.</summary>
    public TrackProducer Publish(BroadcastPath name, string track = "lines")
    {
        var broadcast = new BroadcastProducer(Runtime);
        Moq.Publish(name, broadcast);
        return broadcast.CreateTrack(track);
    }

    /// <summary>Writes a line, as a group of its own: who comes later still hears the newest.</summary>
    public static void Say(TrackProducer track, string line)
    {
        using var group = track.AppendGroup();
        group.Write(Encoding.UTF8.GetBytes(line));
        group.Finish();
    }
}
