using System.Text;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary>Represents a network in virtual time with two peers, alice and bob, whose link takes 10 ms each way.</summary>
internal sealed class Peers
{
    private readonly TestScheduler _time = new();

    private Peers(int seed)
    {
        Network = new InMemoryNetwork(_time, seed);
        Dials = new DialLog(() => Seconds);
        (Alice, Bob) = (Network.AddPeer("alice"), Network.AddPeer("bob", new MoqOptions { LoggerFactory = Dials }));
    }

    public InMemoryNetwork Network { get; }

    public Moq Alice { get; }

    public Moq Bob { get; }

    /// <summary>Gets the log of the times at which bob dials.</summary>
    public DialLog Dials { get; }

    public EndpointAddr ToAlice => Network.AddressOf(Alice);

    public TestScheduler Time => _time;

    public double Seconds => TimeSpan.FromTicks(_time.Clock).TotalSeconds;

    public static void Run(Func<Peers, Task> body, int seed = 7)
    {
        var peers = new Peers(seed);
        peers.Network.Run(() => body(peers));
    }

    public ValueTask PauseAsync(double seconds) => Network.Runtime.DelayAsync(TimeSpan.FromSeconds(seconds));

    public Noted<T> Note<T>(IObservable<T> items) => new(this, items);

    /// <summary>Creates a broadcast with one track.</summary>
    public (BroadcastProducer Broadcast, TrackProducer Track) NewBroadcast(string track = "lines")
    {
        var broadcast = new BroadcastProducer(Network.Runtime);
        return (broadcast, broadcast.CreateTrack(track));
    }

    /// <summary>Accepts the next session that a peer opens with alice, and closes it.</summary>
    public async Task CloseIncomingAsync(MoqErrorCode code, string reason = "bye")
    {
        await foreach (var incoming in Alice.ReadIncomingSessionsAsync())
        {
            incoming.Accept().Close(code, reason);
            return;
        }
    }

    public static void Write(TrackProducer track, string line)
    {
        using var group = track.AppendGroup();
        group.Write(Encoding.UTF8.GetBytes(line));
        group.Finish();
    }

    public static string Text(TrackFrame frame) => Encoding.UTF8.GetString(frame.Span);
}
