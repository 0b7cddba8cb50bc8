using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>
/// Measures small frames between two processes over loopback: 8 bytes to 1 kB, in groups of 1 to 64. The results support the design
/// decisions on the cost per frame and per group, independent of their size. A lossless track is written as fast as its reader reads, a
/// live track at a rate that is a third above the target. Both are measured again after the reader has paused. A flood is a live track that
/// is written without a limit: the writer uses a full core, and most frames are dropped before they are read.
/// </summary>
internal static class FramesBench
{
    private const string Track = "track";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);
    private static readonly string[] Kinds = ["lossless", "live", "flood"];

    // A third above the target rates, and not more bytes than a connection can carry.
    private const double LiveGroupsPerSecond = 200_000;
    private const double LiveFramesPerSecond = 1_330_000;
    private const double LiveBytesPerSecond = 300e6;
    private static readonly int[] Sizes = [8, 100, 1000];
    private static readonly int[] PerGroup = [1, 30, 64];

    /// <summary>Runs the benchmark.</summary>
    /// <param name="only">The cases to run, as SIZExGROUP, for example 100x1; empty for all cases.</param>
    public static async Task<int> RunAsync(IReadOnlyCollection<string> only)
    {
        Console.WriteLine(
            $"{"track",-10}{"bytes",6}{"a group",9}{"when",8}{"frames/s",11}{"groups/s",10}{"written/s",11}{"us publisher",14}"
            + $"{"us subscriber",15}{"MB held publisher",19}{"MB held subscriber",20}");
        var figures = new List<FramesFigures>();
        foreach (var kind in Kinds)
        {
            foreach (var size in Sizes)
            {
                foreach (var perGroup in PerGroup.Where(perGroup => only.Count == 0 || only.Contains($"{size}x{perGroup}")))
                    figures.AddRange(await RunAsync(kind, size, perGroup));
            }
        }

        var stalls = figures.Count(static figure => figure.Stall is not null);
        Console.WriteLine(
            JsonSerializer.Serialize(new { bench = "frames", stalls, cases = figures.Select(static figure => figure.ToJson()) }));
        return stalls == 0 ? 0 : 1;
    }

    private static double LiveRate(int size, int perGroup) =>
        Math.Min(Math.Min(LiveGroupsPerSecond * perGroup, LiveFramesPerSecond), LiveBytesPerSecond / size);

    private static async Task<List<FramesFigures>> RunAsync(string kind, int size, int perGroup)
    {
        var spec = new TrackSpec(Track, size, perGroup, kind == "lossless", kind == "live" ? LiveRate(size, perGroup) : 0);
        var figures = new List<FramesFigures>();
        using var pair = await SidePair.StartAsync([spec]);
        await pair.AskAsync("read", Track);
        if (!await MeasureAsync("first") || kind == "flood")
            return figures;
        await pair.AskAsync("pause", Track);
        await Task.Delay(Pause);
        await pair.AskAsync("resume", Track);
        await MeasureAsync("paused");
        return figures;

        async Task<bool> MeasureAsync(string when)
        {
            var figure = new FramesFigures(kind, spec, when);
            try
            {
                var (written, read) = await pair.MeasureAsync(Track, WarmUp, Time);
                figure = figure with { Written = written, Read = read };
            }
            catch (StallException stall)
            {
                figure = figure with { Stall = stall.Message };
            }

            Console.WriteLine(figure.ToText());
            figures.Add(figure);
            return figure.Stall is null;
        }
    }
}
