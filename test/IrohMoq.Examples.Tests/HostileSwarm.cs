using System.Reactive.Concurrency;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Tests;

/// <summary>A swarm whose first peer is dialed by hostile ones before anything else happens.</summary>
/// <param name="swarm">The swarm in which all of them run.</param>
/// <param name="path">The path that the hostile peers announce.</param>
/// <param name="behaviors">What each of them does.</param>
internal sealed class HostileSwarm(ISwarm swarm, BroadcastPath path, params Action<Peer, BroadcastPath>[] behaviors) : ISwarm
{
    private readonly HashSet<EndpointId> _hostile = [];
    private bool _hasFirst;

    public TimeProvider Clock => swarm.Clock;

    public IScheduler Scheduler => swarm.Scheduler;

    public IReadOnlySet<EndpointId> Hostile => _hostile;

    /// <summary>Announces a broadcast that has no track.</summary>
    public static void OmitTrack(Peer peer, BroadcastPath path) => peer.Moq.Publish(path, peer.Moq.CreateBroadcast());

    /// <summary>Announces a broadcast, and aborts its track when it is read.</summary>
    public static void AbortTrack(Peer peer, BroadcastPath path) => _ = AbortAsync(peer.Publish(path));

    /// <summary>Announces a broadcast, and aborts all of it when it is read.</summary>
    public static void AbortBroadcast(Peer peer, BroadcastPath path)
    {
        var broadcast = peer.Moq.CreateBroadcast();
        var track = broadcast.CreateTrack("lines");
        peer.Moq.Publish(path, broadcast);
        _ = AbortAsync(track, broadcast);
    }

    /// <summary>Announces a broadcast, and sends nothing.</summary>
    public static void StaySilent(Peer peer, BroadcastPath path) => peer.Publish(path);

    /// <summary>Announces the path of another peer and sends lines in the name of that peer.</summary>
    public static void Impersonate(Peer peer, BroadcastPath path) => Peer.Say(peer.Publish(path), "hello");

    public async Task<Peer> AddAsync(string name, MoqOptions? options = null)
    {
        var peer = await swarm.AddAsync(name, options);
        if (_hasFirst)
            return peer;
        _hasFirst = true;
        for (var i = 0; i < behaviors.Length; i++)
        {
            var hostile = await swarm.AddAsync($"hostile {i}");
            _hostile.Add(hostile.Id);
            behaviors[i](hostile, path);
            await hostile.Moq.ConnectAsync(peer.Address);
        }

        return peer;
    }

    private static async Task AbortAsync(TrackProducer track, BroadcastProducer? broadcast = null)
    {
        await track.WaitForSubscriberAsync();
        var unfinished = track.AppendGroup();
        unfinished.Abort(MoqErrorCode.Cancel);
        if (broadcast is null)
            track.Abort(MoqErrorCode.NotFound);
        else
            broadcast.Abort(MoqErrorCode.NotFound);
    }
}
