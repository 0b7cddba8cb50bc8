using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Connections;

/// <content>Provides the broadcasts below the name of the front, which are requested from its sources.</content>
internal sealed partial class BroadcastFront : IBroadcastSource
{
    // Created on demand, because nothing is requested below most broadcasts.
    private UsedBroadcasts? _below;

    /// <summary>
    /// Returns a broadcast below the name of the front, which ends with the front. One that is in use is returned again, so that its
    /// readers share their subscriptions.
    /// </summary>
    public BroadcastProducer Request(BroadcastPath path)
    {
        BroadcastProducer broadcast;
        BroadcastEnd? end;
        lock (_gate)
        {
            _below ??= new UsedBroadcasts();
            if (_below.Find(path) is { } known)
                return known;
            broadcast = FrontBroadcast.Create(this, path, _limits, _runtime);
            broadcast.Route = Broadcast.Route;
            _below.Add(path, broadcast);
            end = _end;
        }

        if (end is not null)
            broadcast.End(end);
        return broadcast;
    }

    /// <summary>Returns a broadcast below the name of the front.</summary>
    /// <exception cref="MoqStreamException">Every way to it leads through the peer that requests it.</exception>
    public ValueTask<BroadcastConsumer> RequestAsync(BroadcastPath path, Requester? peer, CancellationToken cancellationToken)
    {
        if (peer is not null && RouteTo(peer, kept: null) is null)
        {
            return ValueTask.FromException<BroadcastConsumer>(new MoqStreamException(
                MoqErrorCode.Unroutable, $"The peer asked for '{path}', to which every way leads through the peer.", isRemote: true));
        }

        return new(Request(path).Consume());
    }

    private BroadcastProducer[] Requested()
    {
        lock (_gate)
            return _below is null ? [] : [.. _below.All];
    }
}
