namespace IrohMoq.Reactive.Testing;

/// <summary>Starts the actions of the steps of a <see cref="RelayScenario"/>.</summary>
internal sealed class RelayActions(RelayScenario world, RelayOperations operations, RelayWriter writer)
{
    /// <summary>The maximum number of observers of rates of one peer.</summary>
    private const int MaxObservers = 2;

    // The writers of a lossless track wait when a reader has so much to read.
    private static readonly int[] CachedGroups = [8, 64, 1024];
    private static readonly long[] CachedBytes = [400 << 10, 2 << 20, 16 << 20];

    public void Take(RelayStep step)
    {
        if (step.Kind == RelayAction.Restart)
            world.Begin(step.Peer);
        if (world.Find(step.Peer) is not { IsGone: false } peer)
            return;
        if (step.Other is not { } number)
            Take(step, peer);
        else if (world.Find(number) is { } other)
            Take(step, peer, other);
    }

    /// <summary>Publishes a broadcast, which replaces an earlier one with the same name.</summary>
    public void Publish(SwarmPeer peer, BroadcastPath name, int value)
    {
        // Not covered: a broadcast that lingers after the loss of all sessions is continued by one that is published anew, because both
        // have the same first hop (ADR 21).
        if (!peer.IsFirst(name) && world.Lingers)
            return;
        var producer = new BroadcastProducer(world.Runtime, world.Pool);
        var track = producer.CreateTrack(SimulatedBroadcast.TrackName, TrackOptionsOf(name, value));
        var sent = world.Sent.Begin(peer.Name, name, track.Options.Lossless);
        var broadcast = new SimulatedBroadcast(producer, track, sent) { Since = world.Now };
        world.Log.Write(peer.Name, "published", $"{name} b{broadcast.Sent.Number}");
        world.Broadcasts.Add(broadcast);
        broadcast.Registration = peer.Moq.Publish(name, producer);
        if (peer.Published.TryGetValue(name, out var old))
            old.Abort();
        peer.Published[name] = broadcast;
        _ = writer.TickAsync(peer, broadcast);
    }

    private static TrackOptions TrackOptionsOf(BroadcastPath name, int value)
    {
        var options = new TrackOptions
        {
            // A reading in sequence order waits so long for groups that were lost.
            MaxAge = TimeSpan.FromSeconds(value % 2 == 0 ? 2 : 15),
            SlowReaderLimit = HarshSettings.SlowReaderLimit,
        };
        if (!Swarm.IsLossless(name))
            return options;
        return options with
        {
            Lossless = true,
            MaxCachedGroups = CachedGroups[value / 6 % CachedGroups.Length],
            MaxCachedBytes = CachedBytes[value / 6 / CachedGroups.Length % CachedBytes.Length],
        };
    }

    private static T? Pick<T>(IReadOnlyList<T> from, int value)
        where T : class => from.Count == 0 ? null : from[value % from.Count];

    private static SimulatedBroadcast? PickPublished(SwarmPeer peer, int value) => Pick(peer.Published.Values.ToList(), value);

    private void Take(RelayStep step, SwarmPeer peer)
    {
        var value = step.Value;
        switch (step.Kind)
        {
            case RelayAction.Kill:
                peer.IsGone = true;
                world.Network.Kill(peer.Endpoint);
                _ = operations.ShutDownAsync(peer);
                break;
            case RelayAction.ShutDown:
                peer.IsGone = true;
                _ = operations.ShutDownAsync(peer);
                break;
            case RelayAction.Publish:
                Publish(peer, Swarm.BroadcastOf(value), value);
                break;
            case RelayAction.Withdraw when PickPublished(peer, value) is { } broadcast:
                peer.Published.Remove(broadcast.Sent.Name);
                broadcast.Registration!.Dispose();
                peer.Withdrawn.Add(broadcast);
                break;
            case RelayAction.EndBroadcast when PickPublished(peer, value) is { } broadcast:
                peer.Published.Remove(broadcast.Sent.Name);
                if (value % 2 == 0)
                    broadcast.Finish();
                else
                    broadcast.Abort();
                break;
            case RelayAction.Write when PickPublished(peer, value) is { } broadcast:
                _ = writer.WriteAsync(peer, broadcast, value, step.Style);
                break;
            case RelayAction.Silence or RelayAction.Resume:
                peer.Forwardings.FirstOrDefault(forwarding => forwarding.Name == Swarm.BroadcastOf(value))
                    ?.Silence(step.Kind == RelayAction.Silence);
                break;
            case RelayAction.Read:
                _ = operations.ReadAsync(peer, Swarm.BroadcastOf(value), value, step.Style);
                break;
            case RelayAction.Fetch:
                _ = operations.FetchAsync(peer, Swarm.BroadcastOf(value), value);
                break;
            case RelayAction.CancelReading:
                Pick(world.Readings.Where(reading => reading.Peer == peer && !reading.IsOver).ToList(), value)?.Stop.Cancel();
                break;
        }
    }

    private void Take(RelayStep step, SwarmPeer peer, SwarmPeer other)
    {
        // Either side may close the session, ask the other one to leave, or observe its rate.
        var (one, two) = step.Value % 2 == 0 ? (peer, other) : (other, peer);
        switch (step.Kind)
        {
            case RelayAction.Link:
                peer.LinkTo(other);
                break;
            case RelayAction.Unlink:
                foreach (var link in peer.Links.Where(link => link.Upstream == other.Number))
                    link.Dispose();
                break;
            case RelayAction.Close when !one.IsGone && one.SessionWith(two) is { } session:
                world.Ways.Disturb(step.Peer, other.Number);
                session.Close(MoqErrorCode.FromApplication((ushort)step.Value), $"step {world.Log.Step}");
                break;
            case RelayAction.GoAway when !one.IsGone && one.SessionWith(two) is { } session:
                world.Ways.Disturb(step.Peer, other.Number);
                _ = operations.GoAwayAsync(one, session, TimeSpan.FromMilliseconds(5 * step.Value));
                break;
            case RelayAction.ObserveRates when !one.IsGone && one.SessionWith(two) is { } session:
                if (world.RateObservers.Count(observer => observer.Peer == one && !observer.IsOver) < MaxObservers)
                    world.RateObservers.Add(new RateObserver(world, one, session));
                break;
            case RelayAction.Cut:
                world.Cut(peer, other);
                break;
            case RelayAction.Heal:
                world.Heal(peer, other);
                break;
        }
    }
}
