using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>Broadcasts and tracks that are created when somebody reads them.</summary>
public static class OnDemand
{
    /// <summary>Answers the requests for broadcasts below a prefix.</summary>
    public static async Task ServeAsync(Moq moq, Func<BroadcastPath, BroadcastProducer?> open, CancellationToken stop = default)
    {
        using var requests = moq.OpenBroadcastRequests("room");
        await foreach (var request in requests.ReadAllAsync(stop))
        {
            if (open(request.Path) is { } room)
                request.Accept(room);
            else
                request.Reject();
        }
    }

    /// <summary>Reads the first line of a broadcast that need not be announced.</summary>
    public static async Task<string?> FirstLineAsync(Moq moq, BroadcastPath name, CancellationToken stop = default)
    {
        await using var room = await moq.RequestBroadcastAsync(name, stop);
        await foreach (var group in room.Track("lines").ReadGroupsAsync(stop))
            await foreach (var frame in group.ReadFramesAsync(stop))
                return Encoding.UTF8.GetString(frame.Payload);
        return null;
    }

    /// <summary>Creates each track that is read and does not exist.</summary>
    public static async Task ServeTracksAsync(BroadcastProducer room, Action<TrackProducer> write, CancellationToken stop = default)
    {
        using var requests = room.OpenTrackRequests();
        await foreach (var request in requests.ReadAllAsync(stop))
            write(request.Accept());
    }
}
