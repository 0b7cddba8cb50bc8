using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Runs the end of a simulation: restores all links, waits until the state no longer changes, and checks the final invariants. Then shuts
/// down all peers and checks that no resources are left.
/// </summary>
internal sealed class SettledChecks(ManagerScenario world, PeerOperations operations)
{
    private bool IsViolated => world.Log.Found is not null;

    public async Task RunAsync()
    {
        Write("heals all links");
        world.HealAll();
        world.IsSettling = true;
        await WaitAsync(world.Options.SettleTime + world.Network.ReportDelay).ConfigureAwait(false);
        if (world.Harsh is not null)
            await SettleReadersAsync(world.Harsh).ConfigureAwait(false);
        Write("has settled");
        world.Pending.Check();
        CheckConnections();
        CheckAnnouncements();
        foreach (var subscription in world.Running.SelectMany(static peer => peer.Subscriptions))
            subscription.CheckSettled();
        if (!IsViolated)
            await ProbeAsync().ConfigureAwait(false);
        if (IsViolated)
            return;

        if (world.Harsh is not null)
            await CancelReadersAsync(world.Harsh).ConfigureAwait(false);
        Write("shuts down");
        foreach (var peer in world.Running.ToArray())
        {
            peer.IsGone = true;
            _ = operations.ShutDownAsync(peer);
        }

        await WaitAsync(2 * world.Options.ShutdownTimeout).ConfigureAwait(false);
        Write("is over");
        world.Pending.Check(isOver: true);
        CheckNothingIsLeft();
        if (world.Harsh is null)
            return;
        // By then, every timer that fires only once has fired.
        await WaitAsync(HarshSettings.SettleTime).ConfigureAwait(false);
        world.Harsh.CheckNothingIsLeft();
    }

    private static string TextOf(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } text ? text : "nothing";

    private ValueTask WaitAsync(TimeSpan time) => world.Runtime.DelayAsync(time);

    /// <summary>Writes a last group to every broadcast, waits until the groups have arrived, and checks the readers.</summary>
    private async Task SettleReadersAsync(HarshInvariants harsh)
    {
        await WaitAsync(HarshSettings.SettleTime).ConfigureAwait(false);
        foreach (var subscription in world.Running.SelectMany(static peer => peer.Subscriptions))
            subscription.StopIfFutile();
        WriteLastGroups();
        await WaitAsync(HarshSettings.SettleTime).ConfigureAwait(false);
        harsh.CheckLimits();
        harsh.CheckReaders();
    }

    /// <summary>Cancels all readers while the sessions are open, and checks that no track has a reader afterwards.</summary>
    private async Task CancelReadersAsync(HarshInvariants harsh)
    {
        Write("cancels all readers");
        foreach (var reader in world.Running.SelectMany(static peer => peer.Readers).ToArray())
            reader.Cancel();
        // Readers of peers that are no longer running are canceled too, because they may still hold a group.
        foreach (var reader in world.Readers.Where(static reader => !reader.IsOver))
            reader.Cancellation.Cancel();
        await WaitAsync(HarshSettings.SettleTime).ConfigureAwait(false);
        harsh.CheckNoReaders();
    }

    /// <summary>
    /// Checks that each connection belongs to a session of the manager on both sides, and that two peers have at most one connection.
    /// </summary>
    private void CheckConnections()
    {
        foreach (var peer in world.Running.Where(static peer => !peer.HasSkipped))
        {
            var sessions = peer.Observers[0].Open.Select(session => world.Names.NameOf(session.RemoteId))
                .Order(StringComparer.Ordinal)
                .ToArray();
            var connections = peer.Endpoint.Connected.Order(StringComparer.Ordinal).ToArray();
            if (!sessions.SequenceEqual(connections, StringComparer.Ordinal))
            {
                var expected = $"{peer.Name} has a session for each of its connections: {TextOf(connections)}";
                world.Log.ReportViolation(ManagerInvariants.NoLeak, expected, $"sessions with {TextOf(sessions)}");
            }

            foreach (var pair in connections.GroupBy(static name => name, StringComparer.Ordinal).Where(static pair => pair.Count() > 1))
                world.Log.ReportViolation(
                    ManagerInvariants.OneSession, $"{peer.Name} has one session with {pair.Key}", $"{pair.Count()} connections");
        }
    }

    private void CheckAnnouncements()
    {
        foreach (var peer in world.Running)
        {
            foreach (var (session, other) in peer.OpenSessions)
            {
                var published = OnDemandBroadcasts.VisibleOver(session, other).Select(static name => name.ToString()).ToArray();
                var seen = session.OriginConsumer.Names.Select(static name => name.ToString()).ToArray();
                if (published.SequenceEqual(seen, StringComparer.Ordinal))
                    continue;
                var expected = $"{peer.Name} sees what {other.Name} publishes: {TextOf(published)}";
                world.Log.ReportViolation(ManagerInvariants.AllVisible, expected, TextOf(seen));
            }
        }
    }

    /// <summary>
    /// Checks that each visible broadcast is the current one: every peer reads a frame of each broadcast that is published by the peers
    /// with which it has a session.
    /// </summary>
    private async Task ProbeAsync()
    {
        WriteLastGroups();
        foreach (var peer in world.Running)
        {
            foreach (var (session, other) in peer.OpenSessions)
            {
                // If a lossless writer is blocked, all its readers wait.
                foreach (var sent in other.Published.Values.Select(static broadcast => broadcast.Sent))
                {
                    if (sent is not { IsLossless: true, HasSlowReaders: true })
                        _ = ProbeAsync(peer, session, sent);
                }
            }
        }

        await WaitAsync(2 * world.Options.SubscribeTimeout).ConfigureAwait(false);
        world.Pending.Check();
    }

    private async Task ProbeAsync(SimulatedPeer peer, MoqSession session, SentFrames.SentBroadcast sent)
    {
        var read = await operations.ProbeAsync(peer, session, sent.Publisher, sent.Name).ConfigureAwait(false);
        if (read == sent.Number)
            return;
        var expected = $"{peer.Name} reads b{sent.Number} as {sent.Name} of {sent.Publisher}";
        world.Log.ReportViolation(ManagerInvariants.AllVisible, expected, read is { } number ? $"it reads b{number}" : "it reads nothing");
    }

    private void WriteLastGroups()
    {
        foreach (var peer in world.Running)
        {
            foreach (var broadcast in peer.Published.Values)
                _ = operations.WriteAsync(peer, broadcast, 1);
        }
    }

    private void CheckNothingIsLeft()
    {
        foreach (var peer in world.Known)
        {
            if (peer.Endpoint.Connected.Any())
            {
                var expected = $"{peer.Name} has no connection after the shutdown";
                world.Log.ReportViolation(ManagerInvariants.NoLeak, expected, $"connections with {TextOf(peer.Endpoint.Connected)}");
            }

            var observersAreOver = peer.Observers.All(static observer => observer.IsOver);
            if (observersAreOver && peer.Subscriptions.All(static subscription => subscription.IsOver))
                continue;
            world.Log.ReportViolation(
                ManagerInvariants.EveryWaitEnds, $"every stream of {peer.Name} ends with its shutdown", "one is still open");
        }
    }

    private void Write(string what) => world.Log.Write(SimulationLog.Simulation, "settling", what);
}
