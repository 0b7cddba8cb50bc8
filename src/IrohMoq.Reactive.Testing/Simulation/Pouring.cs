using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Writes many groups, one after the other: tiny ones, small ones, and ones that are larger than windows.</summary>
internal sealed class Pouring(World world)
{
    private static readonly Shape[] Shapes =
    [
        new(Groups: 1200, Frames: 1, Filler: 2, GroupsAtOnce: 50, TimeSpan.FromMilliseconds(10)),
        new(Groups: 40, Frames: 3, Filler: 400, GroupsAtOnce: 1, TimeSpan.FromMilliseconds(20)),
        new(Groups: 32, Frames: 6, Filler: 60_000, GroupsAtOnce: 1, TimeSpan.FromMilliseconds(100)),
        new(Groups: 32, Frames: 6, Filler: 60_000, GroupsAtOnce: 4, TimeSpan.FromMilliseconds(500)),
        new(Groups: 8, Frames: 1, Filler: 300_000, GroupsAtOnce: 2, TimeSpan.FromMilliseconds(100)),
    ];

    public Task PourAsync(SimulatedPeer peer, LiveBroadcast live, int value) => world.Waits.RunAsync(peer.Name, "pour", live.Sent.Name.ToString(), null, async () =>
    {
        var (shape, groups) = Of(value);
        live.LargestGroup = Math.Max(live.LargestGroup, shape.Frames * (shape.Filler + 64L));
        var written = 0;
        for (; written < groups && !world.IsSettling; written++)
        {
            if (written > 0 && written % shape.GroupsAtOnce == 0)
                await world.Runtime.DelayAsync(shape.Between).ConfigureAwait(false);
            await WriteGroupAsync(live, shape).ConfigureAwait(false);
        }

        return $"{written} groups of {shape.Frames} frames";
    });

    /// <summary>What this value stands for.</summary>
    public static string TextOf(int value)
    {
        var (shape, groups) = Of(value);
        return $"{groups} groups of {shape.Frames} x {shape.Filler} bytes";
    }

    /// <summary>One in four is shorter.</summary>
    private static (Shape Shape, int Groups) Of(int value)
    {
        var shape = Shapes[value % Shapes.Length];
        return (shape, value % 4 > 0 ? shape.Groups : 1 + (value % shape.Groups));
    }

    private async Task WriteGroupAsync(LiveBroadcast live, Shape shape)
    {
        using var group = await live.Track.AppendGroupAsync().ConfigureAwait(false);
        for (var i = 0; i < shape.Frames; i++)
            await group.WriteAsync(world.Ledger.Send(live.Sent, group.Sequence, shape.Filler)).ConfigureAwait(false);
        group.Finish();
        live.Sent.Finished.Add(group.Sequence);
    }

    private sealed record Shape(int Groups, int Frames, int Filler, int GroupsAtOnce, TimeSpan Between);
}
