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
    private (Route Announced, BroadcastRoute? Route) _last;

    /// <summary>Gets the end of a broadcast that the peer has withdrawn.</summary>
    public static BroadcastEnd Withdrawn { get; } = new(BroadcastEndCause.Withdrawn, MoqErrorCode.Cancel);

    /// <summary>
    /// Gets or sets the cost of the connection to the peer, which is added to the costs that the peer announces. It is set before the first
    /// broadcast begins, because a source is chosen by it.
    /// </summary>
    public ulong Cost { get; set; }

    /// <summary>
    /// Adds a broadcast, or changes the route to one that is already live. Has no effect if the announcement has passed this side, or
    /// another hop twice.
    /// </summary>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="announced">The route, with the peer as the last hop if its id is known.</param>
    /// <param name="replaces">
    /// True if the broadcast ends and begins anew unless it comes from the same origin; false if it stays as it is.
    /// </param>
    /// <exception cref="MoqProtocolException">The peer announces too many broadcasts.</exception>
    public void Begin(BroadcastPath path, Route announced, bool replaces)
    {
        if (announced.Hops.Contains(connection.Hop) || announced.Hops.HasRepeatedHop)
            return;
        var route = RouteOf(announced);
        if (_live is not null && _live.TryGetValue(path, out var before))
        {
            if (!replaces)
                return;
            if (before.Broadcast.Route.HasOriginOf(route) || IsOnlyRepriced(before.Broadcast.Route, route))
            {
                before.Broadcast.Route = route;
                before.Below?.ChangeRoute(route);
                return;
            }

            End(path);
        }

        if (_live?.Count >= connection.Limits.Announcements)
            throw TooMany();
        var broadcast = Create(connection, path, route);
        var below = connection.Version.HasRoutes ? new RequestedBroadcasts(connection, broadcast) : null;
        broadcast.Below = below;
        var live = new LiveBroadcast(broadcast, remote.PublishOver(path, broadcast.Consume()), below);
        lock (_gate)
        {
            (_live ??= []).Add(path, live);
            if (_waiters is null)
                return;
            foreach (var waiter in _waiters)
            {
                if (IsOnRoute(waiter.Path, path))
                    waiter.Signal.Set();
            }
        }
    }

    /// <summary>Creates a broadcast of the peer, whose tracks are subscribed to when they are read.</summary>
    public static BroadcastProducer Create(MoqConnection connection, BroadcastPath path, BroadcastRoute route)
    {
        var broadcast = connection.Limits.NewBroadcast(connection.Runtime);
        broadcast.Route = route;
        // These must be set before the broadcast is announced, because a reader may request a track immediately.
        var fetcher = new GroupFetcher(connection, path, broadcast);
        broadcast.Fetcher = fetcher;
        // A method of the fetcher, because a function here would take memory of its own for each announcement.
        broadcast.TrackRequested = fetcher.Subscribe;
        return broadcast;
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
        {
            var route = live.Broadcast.Route.AsLastChoice();
            live.Broadcast.Route = route;
            live.Below?.ChangeRoute(route);
        }
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
                return live.Broadcast;
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

    /// <summary>
    /// Returns the route to this side. In a version without costs each connection on the way counts as 1, so that the route can be compared
    /// with one that has a cost. The cold cost, by which routes with equal warm costs are ordered, then counts as the highest.
    /// </summary>
    private BroadcastRoute RouteOf(Route announced)
    {
        if (_last.Route is null || _last.Announced != announced)
            _last = (announced, ToModel(announced));
        return connection.Goaway.IsReceived ? _last.Route.AsLastChoice() : _last.Route;
    }

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

    private readonly record struct LiveBroadcast(BroadcastProducer Broadcast, IDisposable Registration, RequestedBroadcasts? Below)
    {
        /// <summary>Ends the broadcast. Its subscriptions continue until their own streams end.</summary>
        public void End(BroadcastEnd end)
        {
            Registration.Dispose();
            Broadcast.End(end);
            Below?.End(end);
        }
    }
}
