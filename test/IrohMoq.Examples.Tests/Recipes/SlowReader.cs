using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>The reading of the README that reports what it has missed.</summary>
public static class SlowReader
{
    public interface IPlayer
    {
        void Conceal(long groups);

        Task PlayAsync(GroupConsumer group, CancellationToken stop);
    }

    public static async Task ReadAsync(BroadcastConsumer studio, IPlayer player, CancellationToken stop = default)
    {
        var options = new SubscribeOptions { Order = GroupOrder.Sequence, MaxLatency = TimeSpan.FromMilliseconds(200), Priority = 10 };
        await foreach (var group in studio.Track("video").ReadGroupsAsync(options, stop))
        {
            if (group.Skipped > 0)
                player.Conceal(group.Skipped);
            await player.PlayAsync(group, stop);
        }
    }
}
