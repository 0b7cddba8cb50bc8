namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the broadcasts of the peer that were requested on one connection without an announcement of their names. A name that is
/// requested again while its broadcast is in use gets the same broadcast, so that its readers share their subscriptions. This type is
/// thread-safe.
/// </summary>
/// <param name="connection">The connection on which tracks are subscribed to.</param>
/// <param name="announced">The broadcast by whose route the broadcasts come, or null if they have no route.</param>
internal sealed class RequestedBroadcasts(MoqConnection connection, BroadcastProducer? announced) : IBroadcastSource
{
    // Also the lock of itself. Created on demand, because a peer may announce thousands of prefixes below which nothing is requested.
    private UsedBroadcasts? _requested;
    private BroadcastEnd? _end;

    public ValueTask<BroadcastConsumer> RequestAsync(
        BroadcastPath path, Requester? peer, CancellationToken cancellationToken)
    {
        var requested = LazyInitializer.EnsureInitialized(ref _requested, static () => new UsedBroadcasts());
        BroadcastProducer broadcast;
        lock (requested)
        {
            if (requested.Find(path) is { } known)
                return new(known.Consume());
            broadcast = RemoteBroadcast.Requested(connection, path, announced?.Route ?? BroadcastRoute.Unannounced).Producer;
            requested.Add(path, broadcast);
        }

        // One that is added later than End has looked is ended here.
        if ((announced?.Ended ?? Volatile.Read(ref _end)) is { } end)
            broadcast.End(end);
        return new(broadcast.Consume());
    }

    /// <summary>Sets the route of every broadcast, because that of the announcement has changed.</summary>
    public void ChangeRoute(BroadcastRoute route)
    {
        foreach (var broadcast in Requested())
            broadcast.Route = route;
    }

    /// <summary>Ends every broadcast. Their subscriptions continue until their own streams end.</summary>
    public void End(BroadcastEnd end)
    {
        Volatile.Write(ref _end, end);
        foreach (var broadcast in Requested())
            broadcast.End(end);
    }

    /// <summary>Ends every broadcast, because the connection has ended.</summary>
    public void EndWithConnection()
    {
        var code = connection.End is { } end ? MoqConnection.CodeOf(end) : MoqErrorCode.Transport;
        End(new BroadcastEnd(BroadcastEndCause.SessionEnded, code));
    }

    private BroadcastProducer[] Requested()
    {
        // Either this finds a broadcast that is being requested, or the request finds the end or the route that was set before.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _requested) is not { } requested)
            return [];
        lock (requested)
            return [.. requested.All];
    }
}
