using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the broadcasts that the peer has announced on one connection, and keeps them in the remote origin. Only
/// <see cref="Find"/> and <see cref="WaitAsync"/> may be called while another member runs.
/// </summary>
internal sealed class RemoteBroadcasts(MoqConnection connection, OriginProducer remote)
{
    private readonly Lock _gate = new();
    // Created on demand, because many peers announce nothing.
    private Dictionary<BroadcastPath, LiveBroadcast>? _live;
    private List<(BroadcastPath Path, Signal Signal)>? _waiters;
    // Most broadcasts of a peer come by the same way, and share its description.
    private Route _lastAnnounced;
    private BroadcastRoute? _lastRoute;

    /// <summary>Gets the end of a broadcast that the peer has withdrawn.</summary>
    public static BroadcastEnd Withdrawn { get; } = new(BroadcastEndCause.Withdrawn, MoqErrorCode.Cancel);

    /// <summary>
    /// Gets or sets the cost of the connection to the peer, which is added to the costs that the peer announces. It is set before the first
    /// broadcast begins, because a source is chosen by it.
    /// </summary>
    public ulong Cost { get; set; }

    /// <summary>
    /// Gets or sets the id of the peer, which is added to the hops that the peer announces; 0 if it is unknown. It is set before the first
    /// broadcast of a stream begins. Up to moq-lite-04 it is not used, because the peer is among the hops.
    /// </summary>
    public ulong PeerHop { get; set => (field, _lastRoute) = (value, null); }

    /// <summary>
    /// Returns the route to this side by an announcement, or null if the announcement has come from this side or has passed another hop
    /// twice, or has so many hops that the peer cannot be added.
    /// </summary>
    public BroadcastRoute? RouteOf(Route announced)
    {
        if (_lastRoute is null || _lastAnnounced != announced)
        {
            if (Reach(announced.Hops) is not { } hops)
                return null;
            (_lastAnnounced, _lastRoute) = (announced, ToModel(announced with { Hops = hops }));
        }

        return connection.Goaway.IsReceived ? _lastRoute.AsLastChoice() : _lastRoute;
    }

    /// <summary>Adds a broadcast.</summary>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="route">The route to this side.</param>
    /// <returns>False if a broadcast with the name is live.</returns>
    /// <exception cref="MoqProtocolException">The peer announces too many broadcasts.</exception>
    public bool TryBegin(BroadcastPath path, BroadcastRoute route)
    {
        if (IsLive(path))
            return false;
        if (_live?.Count >= connection.Limits.Announcements)
            throw TooMany();
        var broadcast = RemoteBroadcast.Announced(connection, path, route);
        var live = new LiveBroadcast(broadcast, remote.PublishOver(path, broadcast.Producer.Consume()));
        lock (_gate)
        {
            (_live ??= []).Add(path, live);
            foreach (var waiter in _waiters ?? [])
            {
                if (IsOnRoute(waiter.Path, path))
                    waiter.Signal.Set();
            }
        }

        return true;
    }

    /// <summary>
    /// Changes the route to a broadcast. The broadcast ends, and begins anew, unless it comes from the same origin; it begins if it is not
    /// live.
    /// </summary>
    /// <exception cref="MoqProtocolException">The peer announces too many broadcasts.</exception>
    public void Change(BroadcastPath path, BroadcastRoute route)
    {
        if (_live is not null && _live.TryGetValue(path, out var before))
        {
            var former = before.Broadcast.Producer.Route;
            if (former.HasOriginOf(route) || IsOnlyRepriced(former, route))
            {
                before.Broadcast.ChangeRoute(route);
                return;
            }

            End(path);
        }

        TryBegin(path, route);
    }

    /// <summary>Returns the live broadcast with a name or, where prefixes are announced, its longest one; null if there is none.</summary>
    public BroadcastProducer? Find(BroadcastPath path)
    {
        lock (_gate)
            return Covering(path);
    }

    /// <summary>
    /// Waits until the peer announces a broadcast, or in moq-lite-06 a prefix of its name, and returns it.
    /// </summary>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="cancellationToken">A token that cancels the wait.</param>
    public async ValueTask<BroadcastProducer> WaitAsync(BroadcastPath path, CancellationToken cancellationToken)
    {
        var changed = new Signal(connection.Runtime);
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    _waiters?.Remove((path, changed));
                    if (Covering(path) is { } broadcast)
                        return broadcast;
                    (_waiters ??= []).Add((path, changed));
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
                _waiters?.Remove((path, changed));
        }
    }

    /// <summary>Ends a broadcast that the peer has withdrawn. Has no effect if it is not live.</summary>
    public void End(BroadcastPath path)
    {
        LiveBroadcast ended;
        lock (_gate)
        {
            if (_live is null || !_live.Remove(path, out ended))
                return;
        }

        ended.End(Withdrawn);
    }

    /// <summary>
    /// Makes the routes to every broadcast the last choice, because the peer has asked this side to leave. They are served until the
    /// connection ends. This method may be called while another member runs. See moq-lite-06, "GOAWAY".
    /// </summary>
    public void MakeLastChoice()
    {
        LiveBroadcast[] leaving;
        lock (_gate)
            leaving = _live is null ? [] : [.. _live.Values];
        foreach (var live in leaving)
            live.Broadcast.ChangeRoute(live.Broadcast.Producer.Route.AsLastChoice());
    }

    /// <summary>Ends every broadcast.</summary>
    public void EndAll(BroadcastEnd end)
    {
        LiveBroadcast[] ended;
        lock (_gate)
        {
            ended = _live is null ? [] : [.. _live.Values];
            _live = null;
        }

        foreach (var live in ended)
            live.End(end);
    }

    /// <summary>Returns the broadcast with a name or, where prefixes are announced, its longest one. The caller holds the lock.</summary>
    private BroadcastProducer? Covering(BroadcastPath path)
    {
        while (true)
        {
            if (_live is not null && _live.TryGetValue(path, out var live))
                return live.Broadcast.Producer;
            if (path.IsEmpty || !connection.Version.HasRoutes)
                return null;
            path = path.Parent;
        }
    }

    private bool IsOnRoute(BroadcastPath path, BroadcastPath announced) =>
        connection.Version.HasRoutes ? announced.IsPrefixOf(path) : announced == path;

    /// <summary>Returns the exception for a peer that announces more than this side keeps.</summary>
    public MoqProtocolException TooMany() => new(
        MoqErrorCode.BoundsExceeded, $"The peer announces more than {connection.Limits.Announcements} broadcasts at once.");

    /// <summary>Determines whether the peer has announced a broadcast that is live.</summary>
    public bool IsLive(BroadcastPath path) => _live?.ContainsKey(path) == true;

    /// <summary>Returns the hops of an announcement with the peer as the last one, or null if it is no way to this side.</summary>
    private HopPath? Reach(HopPath announced)
    {
        if (announced.Contains(connection.Hop))
            return null;
        var hops = announced;
        if (connection.Version.HasSetup)
        {
            if ((PeerHop != 0 && PeerHop == connection.Hop) || announced.Count >= WireLimits.MaxHops)
                return null;
            hops = announced.Append(PeerHop);
        }

        return hops.HasRepeatedHop ? null : hops;
    }

    /// <summary>
    /// Describes a route to this side. In a version without costs each connection on the way counts as 1, so that the route can be compared
    /// with one that has a cost. The cold cost, by which routes with equal warm costs are ordered, then counts as the highest.
    /// </summary>
    private BroadcastRoute ToModel(Route announced)
    {
        var hops = announced.Hops;
        return connection.Version.HasRoutes
            ? new BroadcastRoute(hops.Ids, Add(announced.WarmCost), Add(announced.ColdCost), isPrefix: true)
            : new BroadcastRoute(hops.Ids, (ulong)hops.Count, BroadcastRoute.MaxCost, isPrefix: false);

        ulong Add(ulong sum) => Math.Min(Route.MaxCost, sum + Cost);
    }

    /// <summary>
    /// Determines whether an update of a route has changed its costs alone, so that it leads to the same origin, whether that is known or
    /// not. In moq-lite-05, which has no costs, an announcement with the same hops is another broadcast unless its origin is known.
    /// </summary>
    private bool IsOnlyRepriced(BroadcastRoute before, BroadcastRoute route) =>
        connection.Version.HasRoutes && before.Ids.SequenceEqual(route.Ids);

    private readonly record struct LiveBroadcast(RemoteBroadcast Broadcast, IDisposable Registration)
    {
        /// <summary>Ends the broadcast. Its subscriptions continue until their own streams end.</summary>
        public void End(BroadcastEnd end)
        {
            Registration.Dispose();
            Broadcast.End(end);
        }
    }
}
