using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Runs the asynchronous operations of peers, each tracked as a pending operation.</summary>
internal sealed class PeerOperations(ManagerScenario world)
{
    private static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(12);

    public async Task<MoqSession?> ConnectAsync(SimulatedPeer peer, SimulatedPeer other)
    {
        MoqSession? session = null;
        using var caller = new CancellationTokenSource();
        peer.Callers.Add(caller);
        await world.Pending.RunAsync(
            peer.Name, "connect", other.Name, world.Options.MaxConnectTime + (2 * world.Network.ReportDelay), async () =>
        {
            session = await peer.Moq.ConnectAsync(other.Endpoint.Address, caller.Token).ConfigureAwait(false);
            peer.Held.Add(session);
            return $"a session, {session.Protocol}";
        }).ConfigureAwait(false);
        peer.Callers.Remove(caller);
        return session;
    }

    /// <summary>Connects to another peer and waits until that peer announces a broadcast.</summary>
    /// <returns>The session and the broadcast; null if the connection failed or the broadcast was not announced in time.</returns>
    public async Task<(MoqSession Session, BroadcastConsumer Broadcast)?> SubscribeAsync(
        SimulatedPeer peer, SimulatedPeer other, BroadcastPath name)
    {
        if (await ConnectAsync(peer, other).ConfigureAwait(false) is not { } session)
            return null;
        BroadcastConsumer? broadcast = null;
        var timeout = world.Options.SubscribeTimeout;
        await world.Pending.RunAsync(peer.Name, "subscribe", $"{name} of {other.Name}", timeout + BetweenFrames, async () =>
        {
            using var limit = world.Runtime.Limit(timeout);
            broadcast = await session.SubscribeAsync(name, limit.Token).ConfigureAwait(false);
            return "announced";
        }).ConfigureAwait(false);
        return broadcast is null ? null : (session, broadcast);
    }

    /// <summary>Reads frames of a live broadcast until the broadcast is identified.</summary>
    /// <returns>The number of the broadcast to which the frames belong; null if no frame was read in time.</returns>
    public async Task<int?> ProbeAsync(SimulatedPeer peer, MoqSession session, string other, BroadcastPath name)
    {
        var frames = world.Sent.Verify(peer.Name, other, name);
        var timeout = world.Options.SubscribeTimeout;
        await world.Pending.RunAsync(peer.Name, "probe", $"{name} of {other}", 2 * timeout, async () =>
        {
            using var limit = world.Runtime.Limit(timeout);
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

    /// <summary>Writes a group. The operation has a time limit, unless the track is lossless and its writer waits for readers.</summary>
    public Task WriteAsync(SimulatedPeer peer, SimulatedBroadcast broadcast, int value)
    {
        TimeSpan? limit = broadcast.Sent.IsLossless ? null : TimeSpan.FromSeconds(1);
        return world.Pending.RunAsync(peer.Name, "write", broadcast.Sent.Name.ToString(), limit, async () =>
        {
            using var group = await broadcast.Track.AppendGroupAsync().ConfigureAwait(false);
            var frames = 1 + (value % 5);
            for (var i = 0; i < frames; i++)
            {
                await group.WriteAsync(world.Sent.Send(broadcast.Sent, group.Sequence, (value * (i + 1)) % 97)).ConfigureAwait(false);
                if (value % 3 == 0)
                    await world.Runtime.DelayAsync(BetweenFrames).ConfigureAwait(false);
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
        await world.Pending.RunAsync(peer.Name, "shutdown", "all", 2 * world.Options.ShutdownTimeout, async () =>
        {
            await peer.Moq.DisposeAsync().ConfigureAwait(false);
            return "over";
        }).ConfigureAwait(false);
        await peer.Endpoint.DisposeAsync().ConfigureAwait(false);
        peer.EndBroadcasts();
    }

    public async Task FollowAsync(SimulatedPeer peer, SimulatedPeer other, BroadcastPath name)
    {
        if (await SubscribeAsync(peer, other, name).ConfigureAwait(false) is not var (_, broadcast))
            return;

        using var reader = new CancellationTokenSource();
        peer.Readers.Add(reader);
        var frames = world.Sent.Verify(peer.Name, other.Name, name);
        await world.Pending.RunAsync(peer.Name, "read", $"{name} of {other.Name}", null, async () =>
        {
            await foreach (var group in broadcast.Track(SimulatedBroadcast.TrackName).ReadGroupsAsync(reader.Token).ConfigureAwait(false))
                await ReadGroupAsync(frames, group, reader.Token).ConfigureAwait(false);
            return "to its end";
        }).ConfigureAwait(false);
        peer.Readers.Remove(reader);
    }

    /// <summary>Asks the peer of a session to leave, and waits until it has left or the time has elapsed.</summary>
    public Task GoAwayAsync(SimulatedPeer peer, MoqSession session, TimeSpan time)
    {
        var limit = time + BetweenFrames + (2 * world.Network.ReportDelay);
        return world.Pending.RunAsync(peer.Name, "go away", world.Names.NameOf(session.RemoteId), limit, async () =>
            await session.GoAwayAsync(timeout: time).ConfigureAwait(false) ? "the peer has left" : "the peer has stayed");
    }

    public Task ReleaseAsync(SimulatedPeer peer, MoqSession session) =>
        world.Pending.RunAsync(peer.Name, "release", world.Names.NameOf(session.RemoteId), world.Options.ShutdownTimeout, async () =>
        {
            await session.DisposeAsync().ConfigureAwait(false);
            return "done";
        });

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
                // An aborted group ends early. The reader continues with the next group of the track.
            }
        }
    }
}
