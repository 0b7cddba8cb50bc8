using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Measures the latency of a track of 100 frames of 60 bytes per second on a link of 20 MB/s: alone, and together with a bulk track that
/// fills the link, with higher and with lower priority than the bulk track. The results support the design decision on how streams share a
/// connection. The link is simulated in the process (<see cref="NarrowLink"/>), because loopback is never saturated.
/// </summary>
internal static class LatencyBench
{
    private const double Rate = 20e6;

    // The queue holds 4 ms of the rate of the link. Loss-based congestion control keeps this queue full, and it is first-in, first-out, so
    // it must be shorter than the latencies that are measured.
    private const int Queue = 80_000;

    // The limits for the 99th percentile. With the higher priority, it must be at most MostTimes the value without bulk, or FloorMs if that
    // is larger. With the lower priority, it must be at least LeastTimesSwapped the value with the higher priority.
    private const double MostTimes = 3;
    private const double FloorMs = 5;
    private const double LeastTimesSwapped = 5;
    private const string Control = "control";
    private const string Bulk = "bulk";
    private static readonly JsonSerializerOptions Naming = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync()
    {
        Console.WriteLine($"{"bulk",-10}{"control/bulk",14}{"p50 ms",9}{"p99 ms",9}{"max ms",9}{"read",7}{"bulk MB/s",11}{"dropped",9}");
        var cases = new List<object>();
        var holds = true;
        var alone = await MeasureAsync("none", 0, 0);
        cases.Add(alone);
        var most = Math.Max(MostTimes * alone.P99, FloorMs);
        foreach (var kind in new[] { "lossless", "live" })
        {
            var higher = await RunAsync(kind, 255, 0);
            var lower = await RunAsync(kind, 0, 255);
            holds &= higher.P99 <= most && lower.P99 >= LeastTimesSwapped * higher.P99;
            cases.AddRange([higher, lower]);
        }

        Console.WriteLine(holds ? "holds" : $"does not hold: wanted at most {most:0.0} ms with the higher priority, and "
            + $"{LeastTimesSwapped:0} times as much with the lower");
        Console.WriteLine(JsonSerializer.Serialize(new { bench = "latency", link_mb_s = Rate / 1e6, holds, cases }, Naming));
        return holds ? 0 : 1;
    }

    /// <summary>Measures one case.</summary>
    /// <param name="kind">The kind of the bulk track: lossless, live, or none.</param>
    /// <param name="control">The priority of the small track.</param>
    /// <param name="bulk">The priority of the bulk track.</param>
    /// <exception cref="StallException">Nothing of the small track was read.</exception>
    public static async Task<LatencyCase> MeasureAsync(string kind, byte control, byte bulk)
    {
        NarrowLink? link = null;
        // A live writer, which does not wait for the reader, writes at twice the rate of the link.
        var speed = kind == "live" ? 2 * Rate / (64 << 10) : 0;
        TrackSpec[] tracks =
        [
            new(Control, 60, 1, FramesPerSecond: 100, Priority: control),
            new(Bulk, 64 << 10, 16, IsLossless: kind == "lossless", FramesPerSecond: speed, Priority: bulk),
        ];
        try
        {
            using var pair = await SidePair.StartAsync(tracks, address =>
            {
                link = new NarrowLink(address.Addresses[0], Rate, Queue);
                return new EndpointAddr(address.Id, link.Address);
            });
            await pair.AskAsync("read", Control);
            if (kind != "none")
                await pair.AskAsync("read", Bulk);
            await pair.PassAsync(Control, WarmUp);
            var before = kind == "none" ? null : await pair.Subscriber.CountAsync(Bulk);
            await pair.AskAsync("age", Control);
            await pair.PassAsync(Control, Time);
            var ages = Ages.Parse(await pair.AskAsync("ages", Control));
            var read = before is null ? null : await pair.Subscriber.CountAsync(Bulk) - before;
            var megabytes = read is null ? 0 : read.Bytes / 1e6 / read.At;
            Console.WriteLine(
                $"{kind,-10}{control + "/" + bulk,14}{ages.P50,9:0.0}{ages.P99,9:0.0}{ages.Max,9:0.0}{ages.Count,7}{megabytes,11:0.0}"
                + $"{link!.Dropped,9}");
            return new(kind, control, bulk, ages.P50, ages.P99, ages.Max, ages.Count, megabytes, link!.Dropped);
        }
        finally
        {
            link?.Dispose();
        }
    }

    private static async Task<LatencyCase> RunAsync(string kind, byte control, byte bulk)
    {
        try
        {
            return await MeasureAsync(kind, control, bulk);
        }
        catch (StallException stall)
        {
            // A track with lower priority than endless bulk gets only the remaining bandwidth, which is none.
            Console.WriteLine($"{kind,-10}{control + "/" + bulk,14} {stall.Message}");
            return LatencyCase.Starved(kind, control, bulk);
        }
    }
}
