using System.Globalization;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Does what a step says. Whatever takes time goes on by itself and is kept in the books as a wait.</summary>
internal sealed class Actions(World world)
{
    private static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(12);

    private readonly Pouring _pouring = new(world);

    public void Take(ProgramStep step)
    {
        if (step.Kind == StepKind.Restart)
            world.Begin(step.Peer);
        if (world.Find(step.Peer) is not { IsGone: false } peer || (step.IsAboutTwo && world.Find(step.Other) is null))
            return;
        switch (step.Kind)
        {
            case StepKind.Dial:
                for (var callers = 1 + (step.Value % 4); callers > 0; callers--)
                    _ = ConnectAsync(peer, world.Find(step.Other)!);
                break;
            case StepKind.Meet:
                _ = ConnectAsync(peer, world.Find(step.Other)!);
                if (world.Find(step.Other) is { IsGone: false } other)
                    _ = ConnectAsync(other, peer);
                break;
            case StepKind.GiveUp:
                peer.Callers.LastOrDefault()?.Cancel();
                break;
            case StepKind.Publish:
                Publish(peer, Name(step.Peer, step.Value), step.Pause == TimeSpan.Zero, world.Checks is null ? null : HarshTerms.Track(step.Value));
                break;
            case StepKind.Unpublish:
                if (Pick(peer, step.Value) is { } live)
                    TakeBack(peer, Take(peer, live));
                break;
            case StepKind.EndBroadcast:
                if (Pick(peer, step.Value) is { } ending)
                    Take(peer, ending).End(step.Value % 2 == 0);
                break;
            case StepKind.Write:
                if (Pick(peer, step.Value) is { } written)
                    _ = WriteAsync(peer, written, step.Value);
                break;
            case StepKind.Pour:
                if (Pick(peer, step.Value) is { } poured)
                    _ = _pouring.PourAsync(peer, poured, step.Value);
                break;
            case StepKind.Read:
                _ = new HarshReaders(world, this).ReadAsync(peer, world.Find(step.Other)!, Name(step.Other, step.Value), step.Value);
                break;
            case StepKind.Observe:
                new HarshReaders(world, this).Observe(peer, step.Value);
                break;
            case StepKind.Follow:
                _ = FollowAsync(peer, world.Find(step.Other)!, Name(step.Other, step.Value));
                break;
            case StepKind.Leave:
                Pick(peer.Readers, step.Value)?.Cancel();
                break;
            case StepKind.Close:
                if (TakeHeld(peer, step.Value) is { } closed)
                    closed.Close(MoqErrorCode.FromApplication((ushort)step.Value), $"step {world.Journal.Step}");
                break;
            case StepKind.GiveBack:
                if (TakeHeld(peer, step.Value) is { } given)
                    _ = GiveBackAsync(peer, given);
                break;
            case StepKind.Cut:
                world.Cut(step.Peer, step.Other);
                break;
            case StepKind.Heal:
                world.Heal(step.Peer, step.Other);
                break;
            case StepKind.Kill:
                peer.IsGone = true;
                world.Network.Kill(peer.Endpoint);
                _ = ShutDownAsync(peer);
                break;
            case StepKind.ShutDown:
                peer.IsGone = true;
                _ = ShutDownAsync(peer);
                break;
            case StepKind.Watch:
                peer.Watchers.Add(new SessionWatcher(world.Journal, peer.Name, peer.Watchers.Count, peer.Moq));
                break;
            case StepKind.Unwatch:
                // The first stays: it knows what there is.
                Pick(peer.Watchers.Skip(1).ToList(), step.Value)?.Dispose();
                break;
        }
    }

    public async Task<MoqSession?> ConnectAsync(SimulatedPeer peer, SimulatedPeer other)
    {
        MoqSession? session = null;
        using var caller = new CancellationTokenSource();
        peer.Callers.Add(caller);
        await world.Waits.RunAsync(peer.Name, "connect", other.Name, world.LongestConnect, async () =>
        {
            session = await peer.Moq.ConnectAsync(other.Endpoint.Address, caller.Token).ConfigureAwait(false);
            peer.Held.Add(session);
            return $"a session, {session.Protocol}";
        }).ConfigureAwait(false);
        peer.Callers.Remove(caller);
        return session;
    }

    /// <summary>Reads the newest of a broadcast that is there, and says which one it was.</summary>
    public async Task<int?> ProbeAsync(SimulatedPeer peer, MoqSession session, string other, BroadcastPath name)
    {
        var reading = world.Ledger.Read(peer.Name, other, name);
        await world.Waits.RunAsync(peer.Name, "probe", $"{name} of {other}", 2 * world.SubscribeTimeout, async () =>
        {
            using var limit = world.Runtime.Limit(world.SubscribeTimeout);
            var broadcast = await session.SubscribeAsync(name, limit.Token).ConfigureAwait(false);
            await foreach (var group in broadcast.Track(LiveBroadcast.TrackName).ReadGroupsAsync(limit.Token).ConfigureAwait(false))
            {
                await ReadGroupAsync(reading, group, limit.Token).ConfigureAwait(false);
                if (reading.Number is not null)
                    break;
            }

            return $"b{reading.Number}";
        }).ConfigureAwait(false);
        return reading.Number;
    }

    /// <summary>Writes a group. Of a lossless track it waits for its readers, however long.</summary>
    public Task WriteAsync(SimulatedPeer peer, LiveBroadcast live, int value) => world.Waits.RunAsync(peer.Name, "write", live.Sent.Name.ToString(), live.Sent.IsLossless ? null : TimeSpan.FromSeconds(1), async () =>
    {
        using var group = await live.Track.AppendGroupAsync().ConfigureAwait(false);
        var frames = 1 + (value % 5);
        for (var i = 0; i < frames; i++)
        {
            await group.WriteAsync(world.Ledger.Send(live.Sent, group.Sequence, (value * (i + 1)) % 97)).ConfigureAwait(false);
            if (value % 3 == 0)
                await world.Runtime.DelayAsync(BetweenFrames).ConfigureAwait(false);
        }

        if (value % 8 == 0)
        {
            group.Abort(MoqErrorCode.FromApplication(8));
        }
        else
        {
            group.Finish();
            live.Sent.Finished.Add(group.Sequence);
        }

        return $"group {group.Sequence}, {frames} frames{(value % 8 == 0 ? ", given up" : "")}";
    });

    public async Task ShutDownAsync(SimulatedPeer peer)
    {
        await world.Waits.RunAsync(peer.Name, "shutdown", "all", 2 * world.ShutdownTimeout, async () =>
        {
            await peer.Moq.DisposeAsync().ConfigureAwait(false);
            return "over";
        }).ConfigureAwait(false);
        await peer.Endpoint.DisposeAsync().ConfigureAwait(false);
        peer.EndBroadcasts();
    }

    private void Publish(SimulatedPeer peer, BroadcastPath name, bool endsOldFirst, TrackOptions? options)
    {
        var old = peer.Published.GetValueOrDefault(name);
        if (endsOldFirst)
            old?.End(isWell: true);
        var broadcast = new BroadcastProducer(world.Runtime, world.Pool);
        var track = broadcast.CreateTrack(LiveBroadcast.TrackName, options);
        var live = new LiveBroadcast(broadcast, track, world.Ledger.Begin(peer.Name, name, track.Options.Lossless));
        world.Journal.Write(peer.Name, "published", $"{name} b{live.Sent.Number}{(old is null ? "" : $", in place of b{old.Sent.Number}")}");
        world.Broadcasts.Add(live);
        live.Registration = peer.Moq.Publish(name, broadcast);
        peer.Published[name] = live;
        if (!endsOldFirst)
            old?.End(isWell: false);
    }

    /// <summary>A session with a peer, and a broadcast of it; null if there is none in time.</summary>
    public async Task<(MoqSession Session, BroadcastConsumer Broadcast)?> SubscribeAsync(SimulatedPeer peer, SimulatedPeer other, BroadcastPath name)
    {
        if (await ConnectAsync(peer, other).ConfigureAwait(false) is not { } session)
            return null;
        BroadcastConsumer? broadcast = null;
        await world.Waits.RunAsync(peer.Name, "subscribe", $"{name} of {other.Name}", world.SubscribeTimeout + BetweenFrames, async () =>
        {
            using var limit = world.Runtime.Limit(world.SubscribeTimeout);
            broadcast = await session.SubscribeAsync(name, limit.Token).ConfigureAwait(false);
            return "announced";
        }).ConfigureAwait(false);
        return broadcast is null ? null : (session, broadcast);
    }

    private async Task FollowAsync(SimulatedPeer peer, SimulatedPeer other, BroadcastPath name)
    {
        if (await SubscribeAsync(peer, other, name).ConfigureAwait(false) is not var (_, broadcast))
            return;

        using var reader = new CancellationTokenSource();
        peer.Readers.Add(reader);
        var reading = world.Ledger.Read(peer.Name, other.Name, name);
        await world.Waits.RunAsync(peer.Name, "read", $"{name} of {other.Name}", null, async () =>
        {
            await foreach (var group in broadcast.Track(LiveBroadcast.TrackName).ReadGroupsAsync(reader.Token).ConfigureAwait(false))
                await ReadGroupAsync(reading, group, reader.Token).ConfigureAwait(false);
            return "to its end";
        }).ConfigureAwait(false);
        peer.Readers.Remove(reader);
    }

    private static async Task ReadGroupAsync(FrameReading reading, GroupConsumer group, CancellationToken cancellationToken)
    {
        using (group)
        {
            reading.BeginGroup(group.Sequence);
            try
            {
                await foreach (var frame in group.ReadFramesAsync(cancellationToken).ConfigureAwait(false))
                    reading.Receive(frame.Payload);
            }
            catch (MoqStreamException)
            {
                // A group that is given up ends early; the track goes on.
            }
        }
    }

    private Task GiveBackAsync(SimulatedPeer peer, MoqSession session) =>
        world.Waits.RunAsync(peer.Name, "giving back", world.Journal.NameOf(session.RemoteId), world.ShutdownTimeout, async () =>
        {
            await session.DisposeAsync().ConfigureAwait(false);
            return "done";
        });

    private static BroadcastPath Name(int peer, int number) => string.Create(CultureInfo.InvariantCulture, $"live/{ProgramStep.NameOf(peer)}/{ProgramWriter.NameIn(number)}");

    private static T? Pick<T>(List<T> from, int value)
        where T : class => from.Count == 0 ? null : from[value % from.Count];

    private static LiveBroadcast? Pick(SimulatedPeer peer, int value) => Pick(peer.Published.Values.ToList(), value);

    private static LiveBroadcast Take(SimulatedPeer peer, LiveBroadcast live)
    {
        peer.Published.Remove(live.Sent.Name);
        return live;
    }

    private static void TakeBack(SimulatedPeer peer, LiveBroadcast live)
    {
        live.Registration!.Dispose();
        peer.TakenBack.Add(live);
    }

    private static MoqSession? TakeHeld(SimulatedPeer peer, int value)
    {
        var held = Pick(peer.Held, value);
        if (held is not null)
            peer.Held.Remove(held);
        return held;
    }
}
