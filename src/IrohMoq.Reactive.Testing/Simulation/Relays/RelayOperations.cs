using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Runs the asynchronous operations of the peers of a <see cref="RelayScenario"/>, each tracked as a pending operation.</summary>
internal sealed class RelayOperations(RelayScenario world)
{
    /// <summary>The maximum number of readings of one peer.</summary>
    private const int MaxReadings = 4;

    private static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(30);

    /// <summary>Waits for a broadcast by name, and reads its track until it ends or the reading is canceled.</summary>
    public async Task ReadAsync(SwarmPeer peer, BroadcastPath name, int value, int style)
    {
        if (world.Readings.Count(reading => !reading.IsOver && reading.Peer == peer) >= MaxReadings
            || await SubscribeAsync(peer, name).ConfigureAwait(false) is not { } broadcast)
            return;
        using var stop = new CancellationTokenSource();
        var reading = new FrontReading(world, peer, name, broadcast, stop, value, style);
        world.Readings.Add(reading);
        await world.Pending.RunAsync(peer.Name, "read", $"{name}, {reading.Behavior}", null, reading.RunAsync).ConfigureAwait(false);
        reading.IsOver = true;
    }

    /// <summary>Waits for a broadcast by name, and fetches one of its groups.</summary>
    public async Task FetchAsync(SwarmPeer peer, BroadcastPath name, int value)
    {
        if (await SubscribeAsync(peer, name).ConfigureAwait(false) is not { } broadcast)
            return;
        var next = world.NextGroupOf(name);
        var sequence = next - Math.Min(1 + ((ulong)value % 4), next);
        await world.Pending.RunAsync(peer.Name, "fetch", $"group {sequence} of {name}", world.FetchTime, async () =>
        {
            using var limit = world.Runtime.Limit(world.FetchTime - BetweenFrames);
            var track = broadcast.Track(SimulatedBroadcast.TrackName);
            using var group = await world.Options.Fetch(track, sequence, limit.Token).ConfigureAwait(false);
            return await FetchedGroup.VerifyAsync(world.Sent, world.Log, peer.Name, name, sequence, group, limit.Token)
                .ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>Asks the peer of a session to leave, and waits until it has left or the time has elapsed.</summary>
    public Task GoAwayAsync(SwarmPeer peer, MoqSession session, TimeSpan time)
    {
        var limit = time + BetweenFrames + (2 * world.Network.ReportDelay);
        return world.Pending.RunAsync(peer.Name, "go away", world.Names.NameOf(session.RemoteId), limit, async () =>
            await session.GoAwayAsync(timeout: time).ConfigureAwait(false) ? "the peer has left" : "the peer has stayed");
    }

    public async Task ShutDownAsync(SwarmPeer peer)
    {
        foreach (var link in peer.Links)
            link.Dispose();
        await world.Pending.RunAsync(peer.Name, "shutdown", "all", 2 * world.Options.ShutdownTimeout, async () =>
        {
            await peer.Moq.DisposeAsync().ConfigureAwait(false);
            return "over";
        }).ConfigureAwait(false);
        await peer.Endpoint.DisposeAsync().ConfigureAwait(false);
        peer.EndAll();
    }

    private async Task<BroadcastConsumer?> SubscribeAsync(SwarmPeer peer, BroadcastPath name)
    {
        BroadcastConsumer? broadcast = null;
        var timeout = world.Options.SubscribeTimeout;
        await world.Pending.RunAsync(peer.Name, "subscribe", name.ToString(), timeout + BetweenFrames, async () =>
        {
            using var limit = world.Runtime.Limit(timeout);
            broadcast = await world.Options.Subscribe(peer, name, timeout, limit.Token).ConfigureAwait(false);
            return $"announced over {broadcast.Route.Hops.Count} hops";
        }).ConfigureAwait(false);
        return broadcast;
    }
}
