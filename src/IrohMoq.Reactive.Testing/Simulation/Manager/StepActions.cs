using System.Globalization;

namespace IrohMoq.Reactive.Testing;

/// <summary>Starts the actions of the steps of a program.</summary>
internal sealed class StepActions
{
    private readonly ManagerScenario _world;
    private readonly BulkWriter _bulkWriter;
    private readonly ReaderActions _readers;
    private readonly FetchActions _fetches;
    private readonly OnDemandTracks _onDemand;
    private readonly OnDemandBroadcasts _onDemandBroadcasts;
    private readonly PeerOperations _operations;

    public StepActions(ManagerScenario world, PeerOperations operations)
    {
        _world = world;
        _operations = operations;
        _bulkWriter = new BulkWriter(world);
        _readers = new ReaderActions(world, operations);
        _fetches = new FetchActions(world, operations);
        _onDemand = new OnDemandTracks(world, operations);
        _onDemandBroadcasts = new OnDemandBroadcasts(world, operations);
    }

    /// <summary>Begins what a peer does from its start on.</summary>
    public void Begin(SimulatedPeer peer)
    {
        if (_world.Harsh is not null && _world.Options.IsMixed)
            _ = _onDemandBroadcasts.ServeAsync(peer);
    }

    public void Take(ManagerStep step)
    {
        if (step.Kind == ManagerAction.Restart)
            _world.Begin(step.Peer, keepsAddress: step.Value % 2 == 0);
        if (_world.Find(step.Peer) is not { IsGone: false } peer)
            return;
        if (!step.HasOther)
            Take(step, peer);
        else if (_world.Find(step.Other) is { } other)
            Take(step, peer, other);
    }

    private static BroadcastPath NameOf(int peer, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"live/{ManagerStep.NameOf(peer)}/{ProgramGenerator.NameIn(number)}");

    private static T? Pick<T>(List<T> from, int value)
        where T : class => from.Count == 0 ? null : from[value % from.Count];

    private static SimulatedBroadcast? PickPublished(SimulatedPeer peer, int value) => Pick(peer.Published.Values.ToList(), value);

    private static MoqSession? TakeHeld(SimulatedPeer peer, int value)
    {
        var held = Pick(peer.Held, value);
        if (held is not null)
            peer.Held.Remove(held);
        return held;
    }

    private static void Unpublish(SimulatedPeer peer, SimulatedBroadcast broadcast)
    {
        peer.Published.Remove(broadcast.Sent.Name);
        broadcast.Registration!.Dispose();
        peer.Withdrawn.Add(broadcast);
    }

    private static void EndBroadcast(SimulatedPeer peer, SimulatedBroadcast broadcast, bool finishes)
    {
        peer.Published.Remove(broadcast.Sent.Name);
        if (finishes)
            broadcast.Finish();
        else
            broadcast.Abort();
    }

    private void Take(ManagerStep step, SimulatedPeer peer)
    {
        var value = step.Value;
        switch (step.Kind)
        {
            case ManagerAction.CancelDial:
                peer.Callers.LastOrDefault()?.Cancel();
                break;
            case ManagerAction.Publish:
                Publish(
                    peer,
                    NameOf(step.Peer, value),
                    finishesOldFirst: step.Pause == TimeSpan.Zero,
                    _world.Harsh is null ? null : HarshSettings.Track(value));
                break;
            case ManagerAction.Unpublish when PickPublished(peer, value) is { } broadcast:
                Unpublish(peer, broadcast);
                break;
            case ManagerAction.EndBroadcast when PickPublished(peer, value) is { } broadcast:
                EndBroadcast(peer, broadcast, finishes: value % 2 == 0);
                break;
            case ManagerAction.Write when PickPublished(peer, value) is { } broadcast:
                _ = _operations.WriteAsync(peer, broadcast, value);
                break;
            case ManagerAction.WriteMany when PickPublished(peer, value) is { } broadcast:
                _ = _bulkWriter.WriteAsync(peer, broadcast, value);
                break;
            case ManagerAction.CancelReader:
                Pick(peer.Readers, value)?.Cancel();
                break;
            case ManagerAction.Close:
                TakeHeld(peer, value)?.Close(MoqErrorCode.FromApplication((ushort)value), $"step {_world.Log.Step}");
                break;
            case ManagerAction.Release when TakeHeld(peer, value) is { } held:
                _ = _operations.ReleaseAsync(peer, held);
                break;
            case ManagerAction.GoAway when Pick([.. peer.OpenSessions.Select(static open => open.Session)], value) is { } session:
                _ = _operations.GoAwayAsync(peer, session, TimeSpan.FromMilliseconds(5 * value));
                break;
            case ManagerAction.Kill:
                peer.IsGone = true;
                _world.Network.Kill(peer.Endpoint);
                _ = _operations.ShutDownAsync(peer);
                break;
            case ManagerAction.ShutDown:
                peer.IsGone = true;
                _ = _operations.ShutDownAsync(peer);
                break;
            case ManagerAction.Observe:
                peer.Observers.Add(new SessionObserver(peer, peer.Observers.Count));
                break;
            case ManagerAction.Unobserve:
                // The first observer stays subscribed, because the final checks use it.
                Pick(peer.Observers.Skip(1).ToList(), value)?.Dispose();
                break;
            case ManagerAction.UpdateReader:
                Pick(_world.Readers.Where(reader => reader.Peer == peer && !reader.IsOver).ToList(), value)?.Update(value);
                break;
            case ManagerAction.ObserveFaultily:
                _readers.ObserveFaultily(peer, value);
                break;
            case ManagerAction.ObserveAnnouncements:
                peer.Subscriptions.Add(new AnnouncementSubscription(peer));
                break;
            case ManagerAction.Unsubscribe:
                Pick(peer.Subscriptions, value)?.Dispose();
                break;
        }
    }

    private void Take(ManagerStep step, SimulatedPeer peer, SimulatedPeer other)
    {
        var value = step.Value;
        switch (step.Kind)
        {
            case ManagerAction.Dial:
                for (var callers = 1 + (value % 4); callers > 0; callers--)
                    _ = _operations.ConnectAsync(peer, other);
                break;
            case ManagerAction.DialBoth:
                _ = _operations.ConnectAsync(peer, other);
                if (!other.IsGone)
                    _ = _operations.ConnectAsync(other, peer);
                break;
            case ManagerAction.Follow:
                _ = _operations.FollowAsync(peer, other, NameOf(step.Other, value));
                break;
            case ManagerAction.Read:
                _ = _readers.ReadAsync(peer, other, NameOf(step.Other, value), value);
                break;
            case ManagerAction.Fetch:
                _ = _fetches.FetchAsync(peer, other, NameOf(step.Other, value), value);
                break;
            case ManagerAction.Request:
                _ = _onDemand.ReadAsync(peer, other, NameOf(step.Other, value), value);
                break;
            case ManagerAction.RequestBroadcast:
                _ = _onDemandBroadcasts.ReadAsync(peer, other, value);
                break;
            case ManagerAction.Cut:
                _world.Cut(step.Peer, step.Other);
                break;
            case ManagerAction.Heal:
                _world.Heal(step.Peer, step.Other);
                break;
            case ManagerAction.Reconnect:
                peer.Subscriptions.Add(new ReconnectSubscription(peer, other));
                break;
            case ManagerAction.Connect:
                peer.Subscriptions.Add(new ConnectSubscription(peer, other));
                break;
            case ManagerAction.Admit:
                peer.Admission.Set(other.Endpoint.Id, isAdmitted: value % 3 > 0);
                break;
        }
    }

    private void Publish(SimulatedPeer peer, BroadcastPath name, bool finishesOldFirst, TrackOptions? options)
    {
        var old = peer.Published.GetValueOrDefault(name);
        if (finishesOldFirst)
            old?.Finish();
        var producer = new BroadcastProducer(_world.Runtime, _world.Pool);
        var track = producer.CreateTrack(SimulatedBroadcast.TrackName, options);
        var broadcast = new SimulatedBroadcast(producer, track, _world.Sent.Begin(peer.Name, name, track.Options.Lossless));
        var replaced = old is null ? "" : $", replaces b{old.Sent.Number}";
        _world.Log.Write(peer.Name, "published", $"{name} b{broadcast.Sent.Number}{replaced}");
        _world.Broadcasts.Add(broadcast);
        if (_world.Harsh is not null && _world.Options.IsMixed)
            _ = _onDemand.ServeAsync(peer, broadcast, producer.OpenTrackRequests());
        broadcast.Registration = peer.Moq.Publish(name, producer);
        peer.Published[name] = broadcast;
        if (!finishesOldFirst)
            old?.Abort();
    }
}
