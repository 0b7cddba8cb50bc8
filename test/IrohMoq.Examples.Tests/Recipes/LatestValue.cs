using System.Globalization;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>Values of which a reader wants the newest only, each in a group of its own.</summary>
public static class LatestValue
{
    public static void Write(TrackProducer values, int value)
    {
        using var group = values.AppendGroup();
        group.Write(Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
        group.Finish();
    }

    /// <summary>Reads the newest value whenever the handler of the last one has returned.</summary>
    public static async Task ReadAsync(TrackConsumer values, Func<int, long, Task> handle, CancellationToken stop = default)
    {
        var newest = new SubscribeOptions { Order = GroupOrder.Newest };
        await foreach (var group in values.ReadGroupsAsync(newest, stop))
            await foreach (var frame in group.ReadFramesAsync(stop))
                await handle(int.Parse(frame.Payload, CultureInfo.InvariantCulture), group.Skipped);
    }
}
