using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// A track of 100 frames of 60 bytes a second on a link of 20 MB/s: alone, and beside bulk that fills the link, with the higher priority and with the lower. It serves the decision how streams share a connection.
/// The link is a process's own (<see cref="NarrowLink"/>), because loopback is never full.
/// </summary>
internal static class LatencyBench
{
    private const double Rate = 20e6;

    // 10 ms of the link, as a router has that does not want to add more.
    private const int Queue = 200_000;
    private const string Control = "control";
    private const string Bulk = "bulk";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync()
    {
        Console.WriteLine($"{"bulk",-10}{"control/bulk",14}{"p50 ms",9}{"p99 ms",9}{"max ms",9}{"read",7}{"bulk MB/s",11}{"dropped",9}");
        var cases = new List<object>();
        var stalls = 0;
        foreach (var (kind, control, bulk) in new[] { ("none", 0, 0), ("lossless", 255, 0), ("lossless", 0, 255), ("live", 255, 0), ("live", 0, 255) })
        {
            try
            {
                cases.Add(await RunAsync(kind, (byte)control, (byte)bulk));
            }
            catch (StallException stall)
            {
                stalls++;
                Console.WriteLine($"{kind,-10}{control + "/" + bulk,14} stalled: {stall.Message}");
                cases.Add(new { bulk = kind, control_priority = control, bulk_priority = bulk, stalled = true });
            }
        }

        Console.WriteLine(JsonSerializer.Serialize(new { bench = "latency", link_mb_s = Rate / 1e6, stalls, cases }));
        return stalls == 0 ? 0 : 1;
    }

    private static async Task<object> RunAsync(string kind, byte control, byte bulk)
    {
        NarrowLink? link = null;
        // Twice what the link carries, where nobody waits for the reader.
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
            Console.WriteLine($"{kind,-10}{control + "/" + bulk,14}{ages.P50,9:0.0}{ages.P99,9:0.0}{ages.Max,9:0.0}{ages.Count,7}{megabytes,11:0.0}{link!.Dropped,9}");
            return new
            {
                bulk = kind,
                control_priority = control,
                bulk_priority = bulk,
                stalled = false,
                p50_ms = Math.Round(ages.P50, 2),
                p99_ms = Math.Round(ages.P99, 2),
                max_ms = Math.Round(ages.Max, 2),
                frames = ages.Count,
                bulk_mb_s = Math.Round(megabytes, 1),
                datagrams_dropped = link.Dropped,
            };
        }
        finally
        {
            link?.Dispose();
        }
    }
}
