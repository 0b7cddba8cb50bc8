using System.Globalization;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Takes the steps of a program. What takes time goes on by itself, as a pending operation.</summary>
internal sealed class StepActions
{
    private static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(12);

    private readonly ManagerScenario _world;
    private readonly BulkWriter _bulkWriter;
    private readonly ReaderActions _readers;

    public StepActions(ManagerScenario world)
    {
        _world = world;
        _bulkWriter = new BulkWriter(world);
        _readers = new ReaderActions(world, this);
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

    public async Task<MoqSession?> ConnectAsync(SimulatedPeer peer, SimulatedPeer other)
    {
        MoqSession? session = null;
        using var caller = new CancellationTokenSource();
        peer.Callers.Add(caller);
        await _world.Pending.RunAsync(peer.Name, "connect", other.Name, _world.Options.MaxConnectTime + (2 * _world.Network.ReportDelay), async () =>
        {
            session = await peer.Moq.ConnectAsync(other.Endpoint.Address, caller.Token).ConfigureAwait(false);
            peer.Held.Add(session);
            return $"a session, {session.Protocol}";
        }).ConfigureAwait(false);
        peer.Callers.Remove(caller);
        return session;
    }

    /// <summary>Connects to a peer and waits for a broadcast of it.</summary>
    /// <returns>The session and the broadcast; null if there was none in time.</returns>
    public async Task<(MoqSession Session, BroadcastConsumer Broadcast)?> SubscribeAsync(SimulatedPeer peer, SimulatedPeer other, BroadcastPath name)
    {
        if (await ConnectAsync(peer, other).ConfigureAwait(false) is not { } session)
            return null;
        BroadcastConsumer? broadcast = null;
        var timeout = _world.Options.SubscribeTimeout;
        await _world.Pending.RunAsync(peer.Name, "subscribe", $"{name} of {other.Name}", timeout + BetweenFrames, async () =>
        {
            using var limit = _world.Runtime.Limit(timeout);
            broadcast = await session.SubscribeAsync(name, limit.Token).ConfigureAwait(false);
            return "announced";
        }).ConfigureAwait(false);
        return broadcast is null ? null : (session, broadcast);
    }

    /// <summary>Reads the newest frames of a broadcast that is live.</summary>
    /// <returns>The number of the broadcast that they are of; null if there were none.</returns>
    public async Task<int?> ProbeAsync(SimulatedPeer peer, MoqSession session, string other, BroadcastPath name)
    {
        var frames = _world.Sent.Verify(peer.Name, other, name);
        var timeout = _world.Options.SubscribeTimeout;
        await _world.Pending.RunAsync(peer.Name, "probe", $"{name} of {other}", 2 * timeout, async () =>
        {
            using var limit = _world.Runtime.Limit(timeout);
            var broadcast = await session.SubscribeAsync(name, limit.Token).ConfigureAwait(false);
            await foreach (var group in broadcast.Track(SimulatedBroadcast.TrackName).ReadGroupsAsync(limit.Token).ConfigureAwait(false))
            {
                await ReadGroupAsync(frames, group, limit.Token).ConfigureAwait(false);
                if (frames.Broadcast is not null)
                    break;
            }

            return $"b{frames.Broadcast?.Number}";
        }).ConfigureAwait(false);
        return frames.Broadcast?.Number;
    }

    /// <summary>Writes a group. A lossless track waits for its readers without a limit.</summary>
    public Task WriteAsync(SimulatedPeer peer, SimulatedBroadcast broadcast, int value)
    {
        TimeSpan? limit = broadcast.Sent.IsLossless ? null : TimeSpan.FromSeconds(1);
        return _world.Pending.RunAsync(peer.Name, "write", broadcast.Sent.Name.ToString(), limit, async () =>
        {
            using var group = await broadcast.Track.AppendGroupAsync().ConfigureAwait(false);
            var frames = 1 + (value % 5);
            for (var i = 0; i < frames; i++)
            {
                await group.WriteAsync(_world.Sent.Send(broadcast.Sent, group.Sequence, (value * (i + 1)) % 97)).ConfigureAwait(false);
                if (value % 3 == 0)
                    await _world.Runtime.DelayAsync(BetweenFrames).ConfigureAwait(false);
            }

            if (value % 8 == 0)
            {
                group.Abort(MoqErrorCode.FromApplication(8));
                return $"group {group.Sequence}, {frames} frames, aborted";
            }

            group.Finish();
            broadcast.Sent.Finished.Add(group.Sequence);
            return $"group {group.Sequence}, {frames} frames";
        });
    }

    public async Task ShutDownAsync(SimulatedPeer peer)
    {
        await _world.Pending.RunAsync(peer.Name, "shutdown", "all", 2 * _world.Options.ShutdownTimeout, async () =>
        {
            await peer.Moq.DisposeAsync().ConfigureAwait(false);
            return "over";
        }).ConfigureAwait(false);
        await peer.Endpoint.DisposeAsync().ConfigureAwait(false);
        peer.EndBroadcasts();
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

    private static async Task ReadGroupAsync(FrameVerifier frames, GroupConsumer group, CancellationToken cancellationToken)
    {
        using (group)
        {
            frames.BeginGroup(group.Sequence);
            try
            {
                await foreach (var frame in group.ReadFramesAsync(cancellationToken).ConfigureAwait(false))
                    frames.Receive(frame.Payload);
            }
            catch (MoqStreamException)
            {
                // A group that is aborted ends early; the track goes on.
            }
        }
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
                Publish(peer, NameOf(step.Peer, value), finishesOldFirst: step.Pause == TimeSpan.Zero, _world.Harsh is null ? null : HarshSettings.Track(value));
                break;
            case ManagerAction.Unpublish when PickPublished(peer, value) is { } broadcast:
                Unpublish(peer, broadcast);
                break;
            case ManagerAction.EndBroadcast when PickPublished(peer, value) is { } broadcast:
                EndBroadcast(peer, broadcast, finishes: value % 2 == 0);
                break;
            case ManagerAction.Write when PickPublished(peer, value) is { } broadcast:
                _ = WriteAsync(peer, broadcast, value);
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
                _ = ReleaseAsync(peer, held);
                break;
            case ManagerAction.Kill:
                peer.IsGone = true;
                _world.Network.Kill(peer.Endpoint);
                _ = ShutDownAsync(peer);
                break;
            case ManagerAction.ShutDown:
                peer.IsGone = true;
                _ = ShutDownAsync(peer);
                break;
            case ManagerAction.Observe:
                peer.Observers.Add(new SessionObserver(peer, peer.Observers.Count));
                break;
            case ManagerAction.Unobserve:
                // The first stays: the checks at the end ask it.
                Pick(peer.Observers.Skip(1).ToList(), value)?.Dispose();
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
                    _ = ConnectAsync(peer, other);
                break;
            case ManagerAction.DialBoth:
                _ = ConnectAsync(peer, other);
                if (!other.IsGone)
                    _ = ConnectAsync(other, peer);
                break;
            case ManagerAction.Follow:
                _ = FollowAsync(peer, other, NameOf(step.Other, value));
                break;
            case ManagerAction.Read:
                _ = _readers.ReadAsync(peer, other, NameOf(step.Other, value), value);
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
        broadcast.Registration = peer.Moq.Publish(name, producer);
        peer.Published[name] = broadcast;
        if (!finishesOldFirst)
            old?.Abort();
    }

    private async Task FollowAsync(SimulatedPeer peer, SimulatedPeer other, BroadcastPath name)
    {
        if (await SubscribeAsync(peer, other, name).ConfigureAwait(false) is not var (_, broadcast))
            return;

        using var reader = new CancellationTokenSource();
        peer.Readers.Add(reader);
        var frames = _world.Sent.Verify(peer.Name, other.Name, name);
        await _world.Pending.RunAsync(peer.Name, "read", $"{name} of {other.Name}", null, async () =>
        {
            await foreach (var group in broadcast.Track(SimulatedBroadcast.TrackName).ReadGroupsAsync(reader.Token).ConfigureAwait(false))
                await ReadGroupAsync(frames, group, reader.Token).ConfigureAwait(false);
            return "to its end";
        }).ConfigureAwait(false);
        peer.Readers.Remove(reader);
    }

    private Task ReleaseAsync(SimulatedPeer peer, MoqSession session) =>
        _world.Pending.RunAsync(peer.Name, "release", _world.Names.NameOf(session.RemoteId), _world.Options.ShutdownTimeout, async () =>
        {
            await session.DisposeAsync().ConfigureAwait(false);
            return "done";
        });
}
