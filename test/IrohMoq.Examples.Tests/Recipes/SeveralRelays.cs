using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>Reads a broadcast that comes over several relays, and goes on when one of them is lost.</summary>
public static class SeveralRelays
{
    public static IDisposable Forward(Moq relay, BroadcastPath name) =>
        relay.WatchBroadcast(name).Subscribe(broadcast => relay.Publish(name, broadcast));

    public static async Task ReadAsync(
        Moq moq, IEnumerable<EndpointAddr> relays, BroadcastPath name, Action<string> show, CancellationToken stop = default)
    {
        foreach (var relay in relays)
            await moq.ConnectAsync(relay, stop);
        await using var broadcast = await moq.SubscribeAsync(name, stop);
        await foreach (var group in broadcast.Track("lines").ReadGroupsAsync(cancellationToken: stop))
            await foreach (var frame in group.ReadFramesAsync(stop))
                show(Encoding.UTF8.GetString(frame.Payload));
    }
}
