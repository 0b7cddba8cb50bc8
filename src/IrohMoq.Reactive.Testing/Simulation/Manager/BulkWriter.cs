using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Writes many consecutive groups to a track: tiny groups, small groups, or groups that are larger than the flow control windows.
/// </summary>
internal sealed class BulkWriter(ManagerScenario world)
{
    private static readonly Shape[] Shapes =
    [
        new(Groups: 1200, Frames: 1, Filler: 2, GroupsAtOnce: 50, TimeSpan.FromMilliseconds(10)),
        new(Groups: 40, Frames: 3, Filler: 400, GroupsAtOnce: 1, TimeSpan.FromMilliseconds(20)),
        new(Groups: 32, Frames: 6, Filler: 60_000, GroupsAtOnce: 1, TimeSpan.FromMilliseconds(100)),
        new(Groups: 32, Frames: 6, Filler: 60_000, GroupsAtOnce: 4, TimeSpan.FromMilliseconds(500)),
        new(Groups: 8, Frames: 1, Filler: 300_000, GroupsAtOnce: 2, TimeSpan.FromMilliseconds(100)),
    ];

    public Task WriteAsync(SimulatedPeer peer, SimulatedBroadcast broadcast, int value) =>
        world.Pending.RunAsync(peer.Name, "write many", broadcast.Sent.Name.ToString(), null, async () =>
        {
            var (shape, groups) = ShapeOf(value);
            broadcast.LargestGroup = Math.Max(broadcast.LargestGroup, shape.Frames * (shape.Filler + 64L));
            var written = 0;
            for (; written < groups && !world.IsSettling; written++)
            {
                if (written > 0 && written % shape.GroupsAtOnce == 0)
                    await world.Runtime.DelayAsync(shape.Between).ConfigureAwait(false);
                await WriteGroupAsync(broadcast, shape).ConfigureAwait(false);
            }

            return $"{written} groups of {shape.Frames} frames";
        });

    /// <summary>Returns a description of the groups that <see cref="WriteAsync"/> writes for a value.</summary>
    public static string TextOf(int value)
    {
        var (shape, groups) = ShapeOf(value);
        return $"{groups} groups of {shape.Frames} x {shape.Filler} bytes";
    }

    private static (Shape Shape, int Groups) ShapeOf(int value)
    {
        var shape = Shapes[value % Shapes.Length];
        // One in four values writes fewer groups.
        return (shape, value % 4 > 0 ? shape.Groups : 1 + (value % shape.Groups));
    }

    private async Task WriteGroupAsync(SimulatedBroadcast broadcast, Shape shape)
    {
        using var group = await broadcast.Track.AppendGroupAsync().ConfigureAwait(false);
        for (var i = 0; i < shape.Frames; i++)
            await group.WriteAsync(world.Sent.Send(broadcast.Sent, group.Sequence, shape.Filler)).ConfigureAwait(false);
        group.Finish();
        broadcast.Sent.Finished.Add(group.Sequence);
    }

    private sealed record Shape(int Groups, int Frames, int Filler, int GroupsAtOnce, TimeSpan Between);
}
