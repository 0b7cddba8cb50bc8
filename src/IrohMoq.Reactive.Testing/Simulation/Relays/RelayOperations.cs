using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Runs the asynchronous operations of the peers of a <see cref="RelayScenario"/>, each tracked as a pending operation.</summary>
internal sealed class RelayOperations(RelayScenario world)
{
    /// <summary>The maximum number of readings of one peer.</summary>
    private const int MaxReadings = 4;

    private static readonly TimeSpan BetweenGroups = TimeSpan.FromMilliseconds(700);

    private static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(30);

    // How many groups are written, of how many frames, with how many bytes.
    private static readonly (int Groups, int Frames, int Filler)[] Shapes =
    [
        (1, 5, 20), (1, 5, 20), (1, 40, 500), (300, 1, 2), (60, 3, 400), (6, 3, 60_000), (2, 1, 300_000),
    ];

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

    /// <summary>Writes a group from time to time, until the broadcast ends.</summary>
    public Task TickAsync(SwarmPeer peer, SimulatedBroadcast broadcast) =>
        world.Pending.RunAsync(peer.Name, "tick", broadcast.Sent.Name.ToString(), null, async () =>
        {
            while (!broadcast.IsOver && !world.IsSettling)
            {
                await WriteGroupAsync(broadcast, frames: 2, filler: 30, BetweenFrames).ConfigureAwait(false);
                await world.Runtime.DelayAsync(BetweenGroups).ConfigureAwait(false);
            }

            return "the broadcast is over";
        });

    /// <summary>Writes groups. Some of those of a live track are aborted.</summary>
    public Task WriteAsync(SwarmPeer peer, SimulatedBroadcast broadcast, int value)
    {
        var (groups, frames, filler) = Shapes[value % Shapes.Length];
        return world.Pending.RunAsync(peer.Name, "write", broadcast.Sent.Name.ToString(), null, async () =>
        {
            var isAborted = value % 11 == 0 && !broadcast.Sent.IsLossless;
            var between = groups == 1 ? BetweenFrames : TimeSpan.Zero;
            for (var written = 0; written < groups && !world.IsSettling; written++)
                await WriteGroupAsync(broadcast, frames, filler, between, isAborted).ConfigureAwait(false);
            return $"{groups} groups of {frames} x {filler} bytes{(isAborted ? ", aborted" : "")}";
        });
    }

    /// <summary>Writes the last group of a broadcast, with which the readings are checked.</summary>
    public Task WriteLastAsync(SwarmPeer peer, SimulatedBroadcast broadcast) =>
        world.Pending.RunAsync(peer.Name, "write last", broadcast.Sent.Name.ToString(), null, async () =>
        {
            await WriteGroupAsync(broadcast, frames: 2, filler: 30, TimeSpan.Zero).ConfigureAwait(false);
            return "done";
        });

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

    private async Task WriteGroupAsync(SimulatedBroadcast broadcast, int frames, int filler, TimeSpan between, bool isAborted = false)
    {
        using var group = await broadcast.Track.AppendGroupAsync().ConfigureAwait(false);
        for (var frame = 0; frame < frames; frame++)
        {
            await group.WriteAsync(world.Sent.Send(broadcast.Sent, group.Sequence, filler)).ConfigureAwait(false);
            if (between > TimeSpan.Zero)
                await world.Runtime.DelayAsync(between).ConfigureAwait(false);
        }

        if (isAborted)
        {
            group.Abort(MoqErrorCode.FromApplication(8));
            return;
        }

        group.Finish();
        broadcast.Sent.Finished.Add(group.Sequence);
    }
}
