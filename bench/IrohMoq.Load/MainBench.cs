using System.Text.Encodings.Web;
using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>
/// Measures the throughput of the modes floor, raw and moq between two processes, in five alternating rounds, and prints medians at the
/// end.
/// </summary>
internal static class MainBench
{
    private const int Rounds = 5;
    // The duration of a run, of which two seconds are the warm-up.
    private const double Seconds = 4.5;
    private const double AllocationFrames = 400_000;
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Modes = ["floor", "raw", "moq"];

    public static async Task<int> RunAsync()
    {
        var runs = Modes.ToDictionary(mode => mode, _ => new List<(Figures Sender, Figures Receiver)>());
        Console.WriteLine($"{"round",-6}{"mode",-7}{"MB/s",10}{"sender cpu s/GB",18}{"receiver cpu s/GB",20}");
        for (var round = 1; round <= Rounds; round++)
        {
            foreach (var mode in Modes)
            {
                var run = await ThroughputRun.RunAsync(mode, Seconds);
                runs[mode].Add(run);
                Console.WriteLine(
                    $"{round,-6}{mode,-7}{run.Receiver.MegabytesPerSecond,10:0}{run.Sender.CpuSecondsPerGigabyte,18:0.00}"
                    + $"{run.Receiver.CpuSecondsPerGigabyte,20:0.00}");
            }
        }

        var steady = await ThroughputRun.RunAsync("moq", AllocationFrames);
        Console.WriteLine(
            $"steady moq, {AllocationFrames:0} frames: {steady.Receiver.MegabytesPerSecond:0} MB/s, allocated a frame: publisher "
            + $"{steady.Sender.AllocatedPerFrame:0.0}, subscriber {steady.Receiver.AllocatedPerFrame:0.0} bytes");

        var (floor, raw, moq) = (Rate("floor"), Rate("raw"), Rate("moq"));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            bench = "main",
            floor_mb_s = Math.Round(floor, 1),
            raw_mb_s = Math.Round(raw, 1),
            moq_mb_s = Math.Round(moq, 1),
            raw_over_floor = Math.Round(Ratio("raw", "floor"), 3),
            moq_over_raw = Math.Round(Ratio("moq", "raw"), 3),
            cpu_s_per_gb_publisher = Math.Round(Median.Of(runs["moq"].Select(run => run.Sender.CpuSecondsPerGigabyte)), 3),
            cpu_s_per_gb_subscriber = Math.Round(Median.Of(runs["moq"].Select(run => run.Receiver.CpuSecondsPerGigabyte)), 3),
            allocated_bytes_per_frame_publisher = Math.Round(steady.Sender.AllocatedPerFrame, 2),
            allocated_bytes_per_frame_subscriber = Math.Round(steady.Receiver.AllocatedPerFrame, 2),
            offload = steady.Sender.Offload,
        }, Json));
        return 0;

        // Each ratio is taken from consecutive runs, so that a temporary slowdown of the machine affects both values.
        double Ratio(string mode, string other) =>
            Median.Of(runs[mode].Zip(runs[other], (a, b) => a.Receiver.MegabytesPerSecond / b.Receiver.MegabytesPerSecond));
        double Rate(string mode) => Median.Of(runs[mode].Select(run => run.Receiver.MegabytesPerSecond));
    }
}
