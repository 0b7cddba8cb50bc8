namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Knows over which ways a broadcast can be read: sessions that are open at both ends over links that are not cut, and relays that forward
/// what they read over such a session. A session that a peer does not want any more is no way, because it ends soon.
/// </summary>
internal sealed class Ways(RelayScenario world)
{
    // The version in which a peer does not tell where a broadcast begins, so that no other way is known to lead to the same content.
    private const string VersionWithoutOrigin = "moq-lite-03";

    // The version in which a relay ends a broadcast at a peer when the route that the peer knows has gone, although it has another one.
    private const string VersionWithoutRouteChanges = "moq-lite-04";

    private readonly Dictionary<(int, int), TimeSpan> _disturbed = [];
    private readonly HashSet<(int, int)> _cuts = [];
    private TimeSpan _routesChanged;

    /// <summary>Records that something has happened to the session of two peers, so that the ways over it begin anew.</summary>
    public void Disturb(int a, int b) => _disturbed[PairOf(a, b)] = world.Now;

    /// <summary>Records that the routes which publishers and relays announce may have changed.</summary>
    public void OnRoutesChanged() => _routesChanged = world.Now;

    public void Cut(int a, int b)
    {
        _cuts.Add(PairOf(a, b));
        Disturb(a, b);
    }

    public void Heal(int a, int b)
    {
        _cuts.Remove(PairOf(a, b));
        Disturb(a, b);
    }

    /// <summary>Returns the time since which a peer can read a broadcast over the oldest way; null if there is no way.</summary>
    /// <param name="reader">The peer.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="route">A route that has the origin of the broadcast.</param>
    public TimeSpan? Since(SwarmPeer reader, SimulatedBroadcast broadcast, BroadcastRoute route)
    {
        TimeSpan? oldest = null;
        for (var number = 0; number < world.Swarm.UpstreamsOf(reader.Number); number++)
        {
            if (Over(reader, number, broadcast, route) is { } since && !(oldest <= since))
                oldest = since;
        }

        return oldest;
    }

    private static (int, int) PairOf(int a, int b) => a < b ? (a, b) : (b, a);

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>Returns the time since which a peer can read a broadcast from another one; null if it cannot.</summary>
    private TimeSpan? Over(SwarmPeer reader, int number, SimulatedBroadcast broadcast, BroadcastRoute route)
    {
        if (reader.IsGone || !reader.IsLinkedTo(number) || _cuts.Contains(PairOf(reader.Number, number))
            || world.Find(number) is not { IsGone: false } upstream
            || reader.SessionWith(upstream) is not { } session || session.Protocol == VersionWithoutOrigin
            || reader.OpenSince(upstream) is not { } here || upstream.OpenSince(reader) is not { } there
            || Served(upstream, broadcast, route) is not { } served)
            return null;
        var since = Later(Later(here, there), Later(served, _disturbed.GetValueOrDefault(PairOf(reader.Number, number))));
        var mayChange = session.Protocol == VersionWithoutRouteChanges && world.Options.ForwardsFronts && world.Swarm.IsRelay(number);
        return mayChange ? Later(since, _routesChanged) : since;
    }

    /// <summary>Returns the time since which a peer publishes or forwards a broadcast; null if it does not.</summary>
    private TimeSpan? Served(SwarmPeer peer, SimulatedBroadcast broadcast, BroadcastRoute route)
    {
        var name = broadcast.Sent.Name;
        if (world.Swarm.IsPublisher(peer.Number))
            return peer.Published.GetValueOrDefault(name) == broadcast ? broadcast.Since : null;
        if (peer.Forwardings.FirstOrDefault(forwarding => forwarding.Name == name) is not { Since: { } since } forwarding)
            return null;
        // What a relay reads by name may be that of another publisher.
        if (forwarding.Upstream is null && (forwarding.IsContested || !forwarding.HasOriginOf(route)))
            return null;
        return (forwarding.Upstream is { } upstream ? Over(peer, upstream, broadcast, route) : Since(peer, broadcast, route)) is { } way
            ? Later(since, way)
            : null;
    }
}
