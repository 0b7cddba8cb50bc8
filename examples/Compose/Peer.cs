using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>A peer of a swarm: its manager, and the address at which it is dialed.</summary>
public sealed record Peer(string Name, Moq Moq, EndpointAddr Address)
{
    public EndpointId Id => Address.Id;

    /// <summary>Publishes a broadcast with one track of lines. The track exists before a peer can ask for it.</summary>
    public TrackProducer Publish(BroadcastPath name, string track = "lines")
    {
        var broadcast = Moq.CreateBroadcast();
        var lines = broadcast.CreateTrack(track);
        Moq.Publish(name, broadcast);
        return lines;
    }

    /// <summary>Writes a line as a group of its own, so that a peer that joins later still gets the newest line.</summary>
    public static void Say(TrackProducer track, string line)
    {
        using var group = track.AppendGroup();
        group.Write(Encoding.UTF8.GetBytes(line));
        group.Finish();
    }
}
