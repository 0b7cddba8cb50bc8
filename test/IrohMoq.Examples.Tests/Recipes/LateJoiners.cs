using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>A track whose last lines are there for readers that join later.</summary>
public static class LateJoiners
{
    /// <summary>Creates a track that keeps its groups for ten minutes, and at most 1,000 of them.</summary>
    public static TrackProducer CreateHistory(BroadcastProducer broadcast) =>
        broadcast.CreateTrack("history", new TrackOptions { MaxAge = TimeSpan.FromMinutes(10), MaxCachedGroups = 1000 });

    /// <summary>Reads the lines from the oldest that is kept on.</summary>
    public static async Task ReadAsync(BroadcastConsumer broadcast, Action<string> show, CancellationToken stop = default)
    {
        var fromOldest = new SubscribeOptions { Start = GroupStart.Oldest, Order = GroupOrder.Sequence };
        await foreach (var group in broadcast.Track("history").ReadGroupsAsync(fromOldest, stop))
            await foreach (var frame in group.ReadFramesAsync(stop))
                show(Encoding.UTF8.GetString(frame.Payload));
    }
}
