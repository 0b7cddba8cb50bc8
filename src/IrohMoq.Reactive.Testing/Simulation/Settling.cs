namespace IrohMoq.Reactive.Testing;

/// <summary>After the last step: every link is healed, time passes, and then all has to be in order; in the end all shut down, and nothing may be left.</summary>
internal sealed class Settling(World world, Actions actions)
{
    private bool IsViolated => world.Journal.Found is not null;

    public async Task RunAsync()
    {
        Told("heals all");
        world.HealAll();
        world.IsSettling = true;
        await PassAsync(world.Settling).ConfigureAwait(false);
        if (world.Checks is not null)
            await SettleReadingsAsync(world.Checks).ConfigureAwait(false);
        Told("has settled");
        world.Waits.Check();
        CheckConnections();
        CheckAnnouncements();
        if (!IsViolated)
            await ProbeAsync().ConfigureAwait(false);
        if (IsViolated)
            return;

        if (world.Checks is not null)
            await LeaveAsync(world.Checks).ConfigureAwait(false);
        Told("shuts down");
        foreach (var peer in world.Living.ToArray())
        {
            peer.IsGone = true;
            _ = actions.ShutDownAsync(peer);
        }

        await PassAsync(2 * world.ShutdownTimeout).ConfigureAwait(false);
        Told("is over");
        world.Waits.Check(isOver: true);
        CheckThatNothingIsLeft();
        if (world.Checks is null)
            return;
        // Whatever is due once has been by then.
        await PassAsync(HarshTerms.Settling).ConfigureAwait(false);
        world.Checks.CheckThatNothingIsLeft();
    }

    /// <summary>A last group of everything, and the time that it takes to everybody.</summary>
    private async Task SettleReadingsAsync(HarshChecks checks)
    {
        await PassAsync(HarshTerms.Settling).ConfigureAwait(false);
        foreach (var peer in world.Living)
        {
            foreach (var live in peer.Published.Values)
                _ = actions.WriteAsync(peer, live, 1);
        }

        await PassAsync(HarshTerms.Settling).ConfigureAwait(false);
        checks.CheckMemory();
        checks.CheckReadings();
    }

    /// <summary>Every reader leaves, and it is seen to while the sessions are open.</summary>
    private async Task LeaveAsync(HarshChecks checks)
    {
        Told("all leave");
        TellToLeave();
        await PassAsync(HarshTerms.Settling).ConfigureAwait(false);
        checks.CheckThatNobodyReads();
    }

    private ValueTask PassAsync(TimeSpan time) => Time.RuntimeExtensions.DelayAsync(world.Runtime, time);

    private void TellToLeave()
    {
        foreach (var reader in world.Living.SelectMany(static peer => peer.Readers).ToArray())
            reader.Cancel();
        // Those of peers that are gone as well: whoever is told nothing more may still have a group in hand.
        foreach (var reading in world.Readings.Where(static reading => !reading.IsOver))
            reading.Leave.Cancel();
    }

    /// <summary>What the network knows as connected is what both managers tell as a session, and there is one for a pair.</summary>
    private void CheckConnections()
    {
        foreach (var peer in world.Living)
        {
            var told = peer.Watchers[0].Open.Select(session => world.Journal.NameOf(session.RemoteId)).Order(StringComparer.Ordinal).ToArray();
            var connected = peer.Endpoint.Connected.Order(StringComparer.Ordinal).ToArray();
            if (!told.SequenceEqual(connected, StringComparer.Ordinal))
                world.Journal.Violated(Invariant.NoLeak, $"{peer.Name} tells of a session for each of its connections: {Text(connected)}", $"sessions with {Text(told)}");
            foreach (var pair in connected.GroupBy(static name => name, StringComparer.Ordinal).Where(static pair => pair.Count() > 1))
                world.Journal.Violated(Invariant.OneSession, $"{peer.Name} has one session with {pair.Key}", $"{pair.Count()} connections");
        }
    }

    private void CheckAnnouncements()
    {
        foreach (var peer in world.Living)
        {
            foreach (var (session, other) in SessionsOf(peer))
            {
                var published = other.Published.Keys.Select(static name => name.ToString()).ToArray();
                var seen = session.OriginConsumer.Names.Select(static name => name.ToString()).ToArray();
                if (!published.SequenceEqual(seen, StringComparer.Ordinal))
                    world.Journal.Violated(Invariant.AllVisible, $"{peer.Name} sees what {other.Name} publishes: {Text(published)}", Text(seen));
            }
        }
    }

    /// <summary>What is visible is the right instance of it: everyone reads a last frame of everything from whomever they have a session with.</summary>
    private async Task ProbeAsync()
    {
        foreach (var peer in world.Living)
        {
            foreach (var live in peer.Published.Values)
                _ = actions.WriteAsync(peer, live, 1);
        }

        foreach (var peer in world.Living)
        {
            foreach (var (session, other) in SessionsOf(peer))
            {
                // A lossless writer that somebody holds up makes everybody wait.
                foreach (var live in other.Published.Values.Where(static live => live.Sent is not { IsLossless: true, HasSickReaders: true }))
                    _ = ProbeAsync(peer, session, live.Sent);
            }
        }

        await PassAsync(2 * world.SubscribeTimeout).ConfigureAwait(false);
        world.Waits.Check();
    }

    private async Task ProbeAsync(SimulatedPeer peer, MoqSession session, FrameLedger.SentBroadcast sent)
    {
        var read = await actions.ProbeAsync(peer, session, sent.Publisher, sent.Name).ConfigureAwait(false);
        if (read != sent.Number)
            world.Journal.Violated(Invariant.AllVisible, $"{peer.Name} reads b{sent.Number} as {sent.Name} of {sent.Publisher}", read is { } number ? $"it reads b{number}" : "it reads nothing");
    }

    private void CheckThatNothingIsLeft()
    {
        foreach (var peer in world.Known)
        {
            if (peer.Endpoint.Connected.Any())
                world.Journal.Violated(Invariant.NoLeak, $"{peer.Name} has no connection after all have shut down", $"connections with {Text(peer.Endpoint.Connected)}");
            foreach (var watcher in peer.Watchers.Where(static watcher => !watcher.IsOver))
                world.Journal.Violated(Invariant.WaitsEnd, $"every stream of {peer.Name} completes with its shutdown", $"observer {peer.Watchers.IndexOf(watcher)} was not told");
        }
    }

    private IEnumerable<(MoqSession Session, SimulatedPeer Other)> SessionsOf(SimulatedPeer peer) =>
        from session in peer.Watchers[0].Open
        from other in world.Living
        where other.Endpoint.Id == session.RemoteId
        select (session, other);

    private static string Text(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } text ? text : "nothing";

    private void Told(string what) => world.Journal.Write("simulation", "settling", what);
}
