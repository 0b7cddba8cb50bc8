using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Transfers a file from the peer that dials to the peer that listens, which the tool cannot do. Both sides are processes: one listens,
/// subscribes to the broadcast of its first peer, and writes the track to standard output; the other dials and publishes the file on a
/// lossless track.
/// </summary>
internal static class GridUpload
{
    private const string Broadcast = "grid";
    private const string Track = "file";
    private const int FrameSize = 65_536;
    private const int FramesPerGroup = 64;

    /// <summary>Listens. The first line on standard error is the id of the endpoint.</summary>
    public static async Task<int> ListenAsync(string bind)
    {
        var options = new IrohEndpointOptions { BindAddress = IPEndPoint.Parse(bind) };
        await using var endpoint = await IrohEndpoint.CreateAsync(options: options);
        await using var moq = Moq.Serve(endpoint, OfferedProtocols.Options);
        var accepted = new TaskCompletionSource<MoqSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var sessions = moq.IncomingSessions().Subscribe(incoming => accepted.TrySetResult(incoming.Accept()));
        await Console.Error.WriteLineAsync($"{endpoint.Id}");
        var session = await accepted.Task;
        await using var broadcast = await session.SubscribeAsync(Broadcast);
        await using var output = Console.OpenStandardOutput();
        using var reader = broadcast.Track(Track).Open(new SubscribeOptions { Order = GroupOrder.Sequence });
        while (await reader.ReadGroupAsync() is { } group)
        {
            await foreach (var frame in group.ReadFramesAsync())
                output.Write(frame.Payload);
        }

        return 0;
    }

    public static async Task<int> DialAsync(string id, string address, string file, string congestion)
    {
        var options = new IrohEndpointOptions { CongestionControl = Enum.Parse<CongestionControl>(congestion, ignoreCase: true) };
        var peer = IPEndPoint.Parse(address);
        if (peer.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
            options = options with { BindAddress = new IPEndPoint(IPAddress.IPv6Any, 0) };
        await using var endpoint = await IrohEndpoint.CreateAsync(options: options);
        await using var moq = new Moq(endpoint, OfferedProtocols.Options);
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack(Track, new TrackOptions { Lossless = true });
        using var live = moq.Publish(Broadcast, broadcast);
        await using var session = await moq.ConnectAsync(new EndpointAddr(EndpointId.Parse(id), peer));
        await track.WaitForSubscriberAsync();
        await WriteAsync(track, file);
        await track.WaitForNoSubscriberAsync();
        return track.ReaderTotals is { Lost: 0, Completed: 1 } ? 0 : 1;
    }

    private static async Task WriteAsync(TrackProducer track, string file)
    {
        await using var input = File.OpenRead(file);
        var buffer = new byte[FrameSize];
        for (var isAtEnd = false; !isAtEnd;)
        {
            using var group = await track.AppendGroupAsync();
            for (var i = 0; i < FramesPerGroup && !isAtEnd; i++)
            {
                var length = await input.ReadAtLeastAsync(buffer, FrameSize, throwOnEndOfStream: false);
                isAtEnd = length < FrameSize;
                await group.WriteAsync(buffer.AsMemory(0, length));
            }

            group.Finish();
        }

        track.Finish();
    }
}
