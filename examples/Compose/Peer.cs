using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>Represents a peer of a swarm, with its manager and the address at which it can be dialed.</summary>
public sealed record Peer(string Name, Moq Moq, EndpointAddr Address)
{
    public EndpointId Id => Address.Id;

    /// <summary>
    /// Publishes a broadcast with one track of lines. The track is created first, so that it exists when a peer subscribes.
    /// </summary>
    public TrackProducer Publish(BroadcastPath name, string track = "lines")
    {
        var broadcast = Moq.CreateBroadcast();
        var lines = broadcast.CreateTrack(track);
        Moq.Publish(name, broadcast);
        return lines;
    }

    /// <summary>Writes a line as a separate group, so that a peer that joins later receives the newest line.</summary>
    public static void Say(TrackProducer track, string line)
    {
        using var group = track.AppendGroup();
        group.Write(Encoding.UTF8.GetBytes(line));
        group.Finish();
    }
}
