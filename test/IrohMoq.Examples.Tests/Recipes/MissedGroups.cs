using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>A reader that needs every group, and what a track promises to readers.</summary>
public static class MissedGroups
{
    /// <summary>Reads every group. The reading fails if one is missed.</summary>
    public static async Task ReadEveryAsync(TrackConsumer track, Action<ulong> handle, CancellationToken stop = default)
    {
        var every = new SubscribeOptions { Order = GroupOrder.Sequence, MissedGroupPolicy = MissedGroupPolicy.Fail };
        await foreach (var group in track.ReadGroupsAsync(every, stop))
            handle(group.Sequence);
    }

    public static async Task<string> DescribeAsync(TrackConsumer track, CancellationToken stop = default)
    {
        var properties = await track.GetPropertiesAsync(stop);
        if (properties.IsLossless)
            return "The writer waits for the slowest reader.";
        return properties.MaxAge == Timeout.InfiniteTimeSpan
            ? "The publisher does not tell how long it keeps a group."
            : $"A group is kept for {properties.MaxAge.TotalSeconds} s.";
    }
}
