namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the broadcasts of the peer that were requested on one connection without an announcement of their names. A name that is
/// requested again while its broadcast is in use gets the same broadcast, so that its readers share their subscriptions. This type is
/// thread-safe.
/// </summary>
/// <param name="connection">The connection on which tracks are subscribed to.</param>
/// <param name="route">The function that returns the route by which the broadcasts come.</param>
internal sealed class RequestedBroadcasts(MoqConnection connection, Func<BroadcastRoute> route) : IBroadcastSource
{
    private const int FirstLimit = 64;

    private readonly Lock _gate = new();
    // Weak, because nothing tells when the application does not need a broadcast any more. Subscriptions keep it.
    private readonly Dictionary<BroadcastPath, WeakReference<BroadcastProducer>> _requested = [];
    private BroadcastEnd? _end;
    private int _limit = FirstLimit;

    public ValueTask<BroadcastConsumer> RequestAsync(
        BroadcastPath path, ReadOnlyMemory<byte>? peerId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_requested.TryGetValue(path, out var known) && known.TryGetTarget(out var broadcast))
                return new(broadcast.Consume());
            broadcast = RemoteBroadcasts.Create(connection, path, route());
            if (_requested.Count >= _limit)
                ForgetUnused();
            _requested[path] = new WeakReference<BroadcastProducer>(broadcast);
            if (_end is { } end)
                broadcast.End(end);
            return new(broadcast.Consume());
        }
    }

    /// <summary>Ends every broadcast. Their subscriptions continue until their own streams end.</summary>
    public void End(BroadcastEnd end)
    {
        BroadcastProducer[] requested;
        lock (_gate)
        {
            _end = end;
            requested = [.. Used()];
        }

        foreach (var broadcast in requested)
            broadcast.End(end);
    }

    private IEnumerable<BroadcastProducer> Used()
    {
        foreach (var reference in _requested.Values)
        {
            if (reference.TryGetTarget(out var broadcast))
                yield return broadcast;
        }
    }

    private void ForgetUnused()
    {
        foreach (var (path, reference) in _requested)
        {
            if (!reference.TryGetTarget(out _))
                _requested.Remove(path);
        }

        _limit = Math.Max(FirstLimit, 2 * _requested.Count);
    }
}
