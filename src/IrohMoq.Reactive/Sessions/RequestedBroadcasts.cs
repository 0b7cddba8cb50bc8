namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the broadcasts of the peer that were requested on one connection without an announcement of their names. A name that is
/// requested again while its broadcast is in use gets the same broadcast, so that its readers share their subscriptions. This type is
/// thread-safe.
/// </summary>
/// <param name="connection">The connection on which tracks are subscribed to.</param>
/// <param name="announced">The broadcast by whose route the broadcasts come, or null if they have no route.</param>
/// <param name="gate">The lock of this object, which many of these objects may share.</param>
internal sealed class RequestedBroadcasts(MoqConnection connection, BroadcastProducer? announced, Lock gate) : IBroadcastSource
{
    private const int FirstLimit = 64;

    // Weak, because nothing tells when the application does not need a broadcast any more. Subscriptions keep it. Created on demand,
    // because a peer may announce thousands of prefixes below which nothing is requested.
    private Dictionary<BroadcastPath, WeakReference<BroadcastProducer>>? _requested;
    private BroadcastEnd? _end;
    private int _limit = FirstLimit;

    public ValueTask<BroadcastConsumer> RequestAsync(
        BroadcastPath path, Requester? peer, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            _requested ??= [];
            if (_requested.TryGetValue(path, out var known) && known.TryGetTarget(out var broadcast))
                return new(broadcast.Consume());
            broadcast = RemoteBroadcasts.Create(connection, path, announced?.Route ?? BroadcastRoute.Unannounced);
            if (_requested.Count >= _limit)
                ForgetUnused(_requested);
            _requested[path] = new WeakReference<BroadcastProducer>(broadcast);
            if (_end is { } end)
                broadcast.End(end);
            return new(broadcast.Consume());
        }
    }

    /// <summary>Sets the route of every broadcast, because that of the announcement has changed.</summary>
    public void ChangeRoute(BroadcastRoute route)
    {
        BroadcastProducer[] requested;
        lock (gate)
            requested = _requested is null ? [] : [.. Used(_requested)];
        foreach (var broadcast in requested)
            broadcast.Route = route;
    }

    /// <summary>Ends every broadcast. Their subscriptions continue until their own streams end.</summary>
    public void End(BroadcastEnd end)
    {
        BroadcastProducer[] requested;
        lock (gate)
        {
            _end = end;
            requested = _requested is null ? [] : [.. Used(_requested)];
        }

        foreach (var broadcast in requested)
            broadcast.End(end);
    }

    /// <summary>Ends every broadcast, because the connection has ended.</summary>
    public void EndWithConnection()
    {
        var code = connection.End is { } end ? MoqConnection.CodeOf(end) : MoqErrorCode.Transport;
        End(new BroadcastEnd(BroadcastEndCause.SessionEnded, code));
    }

    private static IEnumerable<BroadcastProducer> Used(Dictionary<BroadcastPath, WeakReference<BroadcastProducer>> requested)
    {
        foreach (var reference in requested.Values)
        {
            if (reference.TryGetTarget(out var broadcast))
                yield return broadcast;
        }
    }

    private void ForgetUnused(Dictionary<BroadcastPath, WeakReference<BroadcastProducer>> requested)
    {
        foreach (var (path, reference) in requested)
        {
            if (!reference.TryGetTarget(out _))
                requested.Remove(path);
        }

        _limit = Math.Max(FirstLimit, 2 * requested.Count);
    }
}
