namespace IrohMoq.Reactive;

/// <content>Provides the way by which the broadcast comes, and the cost of reading it.</content>
public sealed partial class BroadcastProducer
{
    private BroadcastRoute _route = BroadcastRoute.Local;

    /// <summary>
    /// Gets or sets the way by which the broadcast has come. Listeners are told of another one; of several changes at once, perhaps only of
    /// the last one.
    /// </summary>
    internal BroadcastRoute Route
    {
        get => Volatile.Read(ref _route);
        set
        {
            lock (_gate)
            {
                if (value.Equals(_route))
                    return;
                Volatile.Write(ref _route, value);
            }

            OnRouteChanged();
        }
    }

    /// <summary>
    /// Gets or sets the function that returns the way by which the broadcast comes to a peer, or null if there is none that does not lead
    /// through the peer. Its arguments are those of <see cref="RouteTo"/>. It is set before the broadcast is published, for a broadcast
    /// that has several sources.
    /// </summary>
    internal Func<Requester, BroadcastRoute?, BroadcastRoute?>? RouteChoice { get; set; }

    /// <summary>
    /// Returns the way by which the broadcast comes to a peer, or null if every way leads through the peer, which then neither needs the
    /// broadcast nor may be served with it. See moq-lite, "Route Resolution".
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="kept">
    /// The way that the peer knows, if a change of it would end the broadcast there; otherwise null. It stays while it is one of the ways.
    /// </param>
    internal BroadcastRoute? RouteTo(Requester peer, BroadcastRoute? kept = null)
    {
        if (RouteChoice is { } choice)
            return choice(peer, kept);
        var route = Route;
        return route.LeadsThrough(peer.Hop) ? null : route;
    }

    /// <summary>Notifies the listeners that the route has changed, to some peers or to all.</summary>
    internal void OnRouteChanged()
    {
        BroadcastListener[] listeners;
        lock (_gate)
            listeners = _listeners.ToArray();
        foreach (var listener in listeners)
            listener.OnRouteChanged();
    }

    /// <summary>
    /// Sets the cost of reading the broadcast from this process, by which readers choose among several sources of it. Peers of moq-lite-06
    /// receive it with the announcement, or as a change of one, and add the cost of each connection on the way; in older versions the
    /// number of hops is the cost. A change does not move what is being read. The initial cost is 0. See moq-lite, "ANNOUNCE_START" and
    /// "ANNOUNCE_UPDATE".
    /// </summary>
    /// <param name="warm">The cost while the broadcast is produced already, at most <see cref="BroadcastRoute.MaxCost"/>.</param>
    /// <param name="cold">
    /// The cost if its production must begin, from <paramref name="warm"/> to <see cref="BroadcastRoute.MaxCost"/>; null for the same
    /// one. A standby source states a high cost.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A cost is out of range.</exception>
    public void SetCost(ulong warm, ulong? cold = null)
    {
        var most = cold ?? warm;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, BroadcastRoute.MaxCost, nameof(cold));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(warm, most);
        Route = BroadcastRoute.LocalAt(warm, most, isPrefix: IsOffer);
    }
}
