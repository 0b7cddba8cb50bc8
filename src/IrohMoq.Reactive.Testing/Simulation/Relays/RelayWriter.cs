using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Writes the tracks of a <see cref="RelayScenario"/>. Each operation is tracked as a pending operation.</summary>
internal sealed class RelayWriter(RelayScenario world, WriterBound bound)
{
    private const int Kinds = 5;
    private const int PiecesOfAFrame = 4;
    private const int DatagramsAtOnce = 20;

    private static readonly TimeSpan BetweenGroups = TimeSpan.FromMilliseconds(700);

    private static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(30);

    // How many groups are written, of how many frames, with how many bytes.
    private static readonly (int Groups, int Frames, int Filler)[] Shapes =
    [
        (1, 5, 20), (1, 5, 20), (1, 40, 500), (300, 1, 2), (60, 3, 400), (6, 3, 60_000), (2, 1, 300_000),
    ];

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

    /// <summary>Writes groups, frames in pieces, or datagrams. Some of the groups of a live track are aborted.</summary>
    public Task WriteAsync(SwarmPeer peer, SimulatedBroadcast broadcast, int value, int style) =>
        world.Pending.RunAsync(peer.Name, "write", broadcast.Sent.Name.ToString(), null, () => (style % Kinds) switch
        {
            0 => WritePiecesAsync(broadcast, isAborted: style / Kinds % 3 == 0 && !broadcast.Sent.IsLossless),
            1 when !broadcast.Sent.IsLossless => WriteDatagramsAsync(broadcast, filler: style / Kinds % 1000),
            _ => WriteGroupsAsync(broadcast, value),
        });

    /// <summary>Writes the last group of a broadcast, with which the readings are checked.</summary>
    public Task WriteLastAsync(SwarmPeer peer, SimulatedBroadcast broadcast) =>
        world.Pending.RunAsync(peer.Name, "write last", broadcast.Sent.Name.ToString(), null, async () =>
        {
            await WriteGroupAsync(broadcast, frames: 2, filler: 30, TimeSpan.Zero).ConfigureAwait(false);
            return "done";
        });

    private async Task<string> WriteGroupsAsync(SimulatedBroadcast broadcast, int value)
    {
        var (groups, frames, filler) = Shapes[value % Shapes.Length];
        var isAborted = value % 11 == 0 && !broadcast.Sent.IsLossless;
        var between = groups == 1 ? BetweenFrames : TimeSpan.Zero;
        for (var written = 0; written < groups && !world.IsSettling; written++)
            await WriteGroupAsync(broadcast, frames, filler, between, isAborted).ConfigureAwait(false);
        return $"{groups} groups of {frames} x {filler} bytes{(isAborted ? ", aborted" : "")}";
    }

    private async Task WriteGroupAsync(SimulatedBroadcast broadcast, int frames, int filler, TimeSpan between, bool isAborted = false)
    {
        using var group = await AppendAsync(broadcast).ConfigureAwait(false);
        for (var frame = 0; frame < frames; frame++)
        {
            var before = group.Cost;
            await world.Options.Write(group, world.Sent.Send(broadcast.Sent, group.Sequence, filler)).ConfigureAwait(false);
            bound.Check(broadcast, group, group.Cost - before, isNew: false);
            if (between > TimeSpan.Zero)
                await world.Runtime.DelayAsync(between).ConfigureAwait(false);
        }

        if (isAborted)
            group.Abort(MoqErrorCode.FromApplication(8));
        else
            Finish(broadcast, group);
    }

    private async Task<GroupProducer> AppendAsync(SimulatedBroadcast broadcast)
    {
        var group = await world.Options.Append(broadcast.Track).ConfigureAwait(false);
        bound.Check(broadcast, group, group.Cost, isNew: true);
        return group;
    }

    /// <summary>Writes a group of two frames in pieces, or a part of it.</summary>
    private async Task<string> WritePiecesAsync(SimulatedBroadcast broadcast, bool isAborted)
    {
        using var group = await AppendAsync(broadcast).ConfigureAwait(false);
        await WritePiecesAsync(broadcast, group, PiecesOfAFrame).ConfigureAwait(false);
        await WritePiecesAsync(broadcast, group, isAborted ? PiecesOfAFrame / 2 : PiecesOfAFrame).ConfigureAwait(false);
        if (isAborted)
            return $"group {group.Sequence} in pieces, aborted";
        Finish(broadcast, group);
        return $"group {group.Sequence} in pieces";
    }

    /// <summary>Writes a number of the pieces of a frame. The group is aborted if some are missing.</summary>
    private async Task WritePiecesAsync(SimulatedBroadcast broadcast, GroupProducer group, int pieces)
    {
        var sent = world.Sent.Begin(broadcast.Sent, group.Sequence, filler: 60_000);
        var bytes = sent.ToBytes();
        using var frame = await group.BeginFrameAsync(bytes.Length).ConfigureAwait(false);
        bound.Check(broadcast, group, 0, isNew: false);
        for (var piece = 0; piece < pieces; piece++)
        {
            await world.Runtime.DelayAsync(BetweenFrames).ConfigureAwait(false);
            var end = (piece + 1) * bytes.Length / PiecesOfAFrame;
            frame.Write(bytes.AsSpan(sent.Written, end - sent.Written));
            sent.Written = end;
        }

        if (frame.Missing == 0)
            frame.Finish();
    }

    private async Task<string> WriteDatagramsAsync(SimulatedBroadcast broadcast, int filler)
    {
        for (var written = 0; written < DatagramsAtOnce && !world.IsSettling; written++)
        {
            ulong number;
            lock (broadcast.Track.State.Gate)
                number = broadcast.Track.State.Sequences.Next;
            var bytes = world.Sent.Send(broadcast.Sent, number, filler);
            broadcast.Sent.Datagrams.Add(number);
            broadcast.Sent.Finished.Add(number);
            broadcast.Track.WriteDatagram(bytes);
            await world.Runtime.DelayAsync(BetweenFrames / 10).ConfigureAwait(false);
        }

        return $"{DatagramsAtOnce} datagrams of {filler} bytes";
    }

    private static void Finish(SimulatedBroadcast broadcast, GroupProducer group)
    {
        group.Finish();
        broadcast.Sent.Finished.Add(group.Sequence);
    }
}
