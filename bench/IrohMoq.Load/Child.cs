using System.Diagnostics;
using System.Net;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Load;

/// <summary>
/// Runs one side of a benchmark run in a separate process. The listening side (the receiver of the modes floor and raw, the publisher of
/// the mode moq) first prints its address or ticket. Both sides print their figures at the end.
/// </summary>
internal static class Child
{
    public const int FrameSize = 64 << 10;
    private const int FramesPerGroup = 64;
    private const string RawProtocol = "raw-bench";

    /// <summary>Runs the listening side.</summary>
    public static async Task<int> ReceiveAsync(string mode, double amount)
    {
        if (mode == "floor")
            return Floor.Sink(amount);
        if (mode == "quic")
        {
            await using var other = await CreateQuicEndpointAsync();
            return await SinkAsync(other, static () => default, "", amount);
        }

        await using var endpoint = await CreateEndpointAsync();
        return mode == "moq"
            ? await PublishAsync(endpoint, amount)
            : await SinkAsync(endpoint, () => endpoint.Loop.Counters, endpoint.Offload, amount);
    }

    /// <summary>Runs the dialing side.</summary>
    public static async Task<int> SendAsync(string mode, string peer, double amount)
    {
        if (mode == "floor")
            return Floor.Send(peer, amount);
        if (mode == "quic")
        {
            await using var other = await CreateQuicEndpointAsync();
            return await SendAsync(other, static () => default, "", peer, amount);
        }

        await using var endpoint = await CreateEndpointAsync();
        return mode == "moq"
            ? await SubscribeAsync(endpoint, peer, amount)
            : await SendAsync(endpoint, () => endpoint.Loop.Counters, endpoint.Offload, peer, amount);
    }

    private static ValueTask<IrohEndpoint> CreateEndpointAsync() =>
        IrohEndpoint.CreateAsync(options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });

    private static ValueTask<QuicEndpoint> CreateQuicEndpointAsync() =>
        QuicEndpoint.CreateAsync(options: new QuicEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });

    private static async Task<int> SinkAsync(IEndpoint endpoint, Func<SocketCounters> calls, string offload, double amount)
    {
        endpoint.Listen([RawProtocol]);
        Console.WriteLine(endpoint.Ticket);
        await using var connection = await endpoint.AcceptAsync();
        var stream = await connection.AcceptUniAsync();
        var meter = new Meter(amount, calls);
        var buffer = new byte[FrameSize];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
            meter.Count(count);
        meter.Read(offload).Print();
        // The sender closes the connection after the end of its stream is acknowledged.
        await connection.Closed;
        return 0;
    }

    private static async Task<int> SendAsync(
        IEndpoint endpoint, Func<SocketCounters> calls, string offload, string peer, double amount)
    {
        await using var connection = await endpoint.ConnectAsync(EndpointTicket.Parse(peer).Address, [RawProtocol]);
        var stream = await connection.OpenUniAsync();
        var block = BlockPool.Shared.Rent(FrameSize);
        var meter = new Meter(amount, calls);
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < amount)
        {
            await stream.WriteBlockAsync(default, new BlockSlice(block, 0, FrameSize));
            meter.Count(FrameSize);
        }

        stream.Finish();
        await stream.Closed;
        meter.Read(offload).Print();
        return 0;
    }

    private static async Task<int> PublishAsync(IrohEndpoint endpoint, double amount)
    {
        await using var moq = Moq.Serve(endpoint, OfferedProtocols.Options);
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("track", new TrackOptions { Lossless = true, MaxCachedBytes = 8 << 20 });
        using var live = moq.Publish("bench", broadcast);
        Console.WriteLine(endpoint.Ticket);
        await track.WaitForSubscriberAsync();
        var meter = new Meter(amount, () => endpoint.Loop.Counters);
        var start = Stopwatch.GetTimestamp();
        // See the meter for what the amount is.
        for (var frames = 0L; amount <= 100 ? Stopwatch.GetElapsedTime(start).TotalSeconds < amount : frames < amount;)
        {
            using var group = await track.AppendGroupAsync();
            for (var i = 0; i < FramesPerGroup; i++, frames++)
            {
                // Like the raw mode, this does not fill the memory: what is measured is the library, and not a source of data.
                _ = group.GetFrameMemory(FrameSize);
                await group.CommitFrameAsync(FrameSize);
                meter.Count(FrameSize);
            }

            group.Finish();
        }

        var figures = meter.Read(endpoint.Offload);
        track.Finish();
        await track.WaitForNoSubscriberAsync();
        figures.Print();
        return 0;
    }

    private static async Task<int> SubscribeAsync(IrohEndpoint endpoint, string peer, double amount)
    {
        await using var moq = new Moq(endpoint, OfferedProtocols.Options);
        await using var session = await moq.ConnectAsync(EndpointTicket.Parse(peer));
        await using var broadcast = await session.SubscribeAsync("bench");
        var meter = new Meter(amount, () => endpoint.Loop.Counters);
        await foreach (var group in broadcast.Track("track").ReadGroupsAsync())
        {
            await foreach (var frame in group.ReadFramesAsync())
                meter.Count(frame.Payload.Length);
            meter.Lap();
        }

        meter.Read(endpoint.Offload).Print();
        return 0;
    }
}
