using System.Text.Json;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Load;

/// <summary>
/// Compares moq-lite-06 with moq-lite-03: the same measurement with each version in turns, so that a temporary slowdown of the machine
/// affects both. The results show what the newer version costs: two bytes more in each frame, and two streams more in each session and
/// subscription. CPU time is a more reliable measure than a rate when other processes run.
/// </summary>
internal static class VersionsBench
{
    private const int Rounds = 5;
    // The control plane runs in this process, in which the code is compiled anew, and better, during the first rounds.
    private const int ControlWarmUps = 8;
    private const int Peers = 200;
    private const int Broadcasts = 500;
    private const string Older = "moq-lite-03";
    private const string Newer = "moq-lite-06";

    // The processes of a measurement of frames are new, so that their code is compiled anew, and better, during the first seconds.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    private static readonly Dictionary<string, Func<Task<Dictionary<string, double>>>> Parts = new()
    {
        ["frames"] = FramesAsync,
        ["main"] = MainAsync,
        ["latency"] = LatencyAsync,
        ["control"] = () => Task.FromResult(Control()),
    };

    /// <summary>Runs the named parts, or all of them, and prints the medians of both versions and of their ratios.</summary>
    public static async Task<int> RunAsync(IReadOnlyCollection<string> only)
    {
        Console.WriteLine($"{"part",-9}{"figure",-32}{Older,14}{Newer,14}{"ratio",8}");
        var ratios = new Dictionary<string, double>();
        foreach (var (name, measure) in Parts.Where(part => only.Count == 0 || only.Contains(part.Key)))
        {
            var rounds = new List<(Dictionary<string, double> Older, Dictionary<string, double> Newer)>();
            var warmUps = name == "control" ? ControlWarmUps : 1;
            for (var round = 1 - warmUps; round <= Rounds; round++)
            {
                var isOlderFirst = int.IsEvenInteger(round);
                var first = await MeasureAsync(isOlderFirst ? Older : Newer, measure);
                var second = await MeasureAsync(isOlderFirst ? Newer : Older, measure);
                if (round > 0)
                    rounds.Add(isOlderFirst ? (first, second) : (second, first));
            }

            foreach (var figure in rounds[0].Older.Keys)
            {
                var ratio = ratios[$"{name} {figure}"] = Median.Of(rounds.Select(round => round.Newer[figure] / round.Older[figure]));
                Console.WriteLine(
                    $"{name,-9}{figure,-32}{Median.Of(rounds.Select(round => round.Older[figure])),14:0.000}"
                    + $"{Median.Of(rounds.Select(round => round.Newer[figure])),14:0.000}{ratio,8:0.000}");
            }
        }

        Console.WriteLine(JsonSerializer.Serialize(new
        {
            bench = "versions",
            ratios_06_over_03 = ratios.ToDictionary(ratio => ratio.Key, ratio => Math.Round(ratio.Value, 3)),
        }));
        return 0;
    }

    private static async Task<Dictionary<string, double>> MeasureAsync(string protocol, Func<Task<Dictionary<string, double>>> measure)
    {
        OfferedProtocols.Choose(protocol);
        try
        {
            return await measure();
        }
        finally
        {
            OfferedProtocols.Choose();
        }
    }

    private static async Task<Dictionary<string, double>> FramesAsync()
    {
        var figures = new Dictionary<string, double>();
        foreach (var (size, perGroup) in new[] { (100, 1), (100, 30), (1000, 30) })
        {
            using var pair = await SidePair.StartAsync([new TrackSpec("track", size, perGroup, IsLossless: true)]);
            await pair.AskAsync("read", "track");
            var (written, read) = await pair.MeasureAsync("track", WarmUp, TimeSpan.FromSeconds(2));
            var cpu = (written.CpuSeconds / written.At) + (read.CpuSeconds / read.At);
            figures[$"{size}x{perGroup} frames/s"] = read.Frames / read.At;
            figures[$"{size}x{perGroup} us of CPU/frame"] = 1e6 * cpu * read.At / read.Frames;
        }

        return figures;
    }

    private static async Task<Dictionary<string, double>> MainAsync()
    {
        var (sender, receiver) = await ThroughputRun.RunAsync("moq", 4.5);
        return new Dictionary<string, double>
        {
            ["MB/s"] = receiver.MegabytesPerSecond,
            ["s of CPU/GB"] = sender.CpuSecondsPerGigabyte + receiver.CpuSecondsPerGigabyte,
        };
    }

    private static async Task<Dictionary<string, double>> LatencyAsync()
    {
        var beside = await LatencyBench.MeasureAsync("lossless", 255, 0);
        return new Dictionary<string, double>
        {
            ["p50 ms beside bulk"] = beside.P50,
            ["p99 ms beside bulk"] = beside.P99,
            ["MB/s of bulk"] = beside.BulkMegabytesPerSecond,
        };
    }

    private static Dictionary<string, double> Control()
    {
        // What the round before has left is not collected at the cost of this one.
        GC.Collect();
        var figures = new Dictionary<string, double>();
        var swarm = new Swarm();
        swarm.Run(async () =>
        {
            var start = Environment.CpuUsage.TotalTime;
            var startBytes = GC.GetAllocatedBytesForCurrentThread();
            await swarm.GrowAsync(Peers);
            var grown = Environment.CpuUsage.TotalTime;
            var grownBytes = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Broadcasts; i++)
            {
                swarm.Publish($"room/{i}");
                await swarm.Network.Runtime.DelayAsync(TimeSpan.FromMilliseconds(1));
            }

            await swarm.ReachAsync($"room/{Broadcasts - 1}");
            figures["us of CPU/session"] = (grown - start).TotalMicroseconds / Peers;
            figures["us of CPU/announcement"] = (Environment.CpuUsage.TotalTime - grown).TotalMicroseconds / (Peers * Broadcasts);
            figures["bytes allocated/session"] = (double)(grownBytes - startBytes) / Peers;
            figures["bytes allocated/announcement"] =
                (double)(GC.GetAllocatedBytesForCurrentThread() - grownBytes) / (Peers * Broadcasts);
            await swarm.SettleAsync();
        });
        return figures;
    }
}
