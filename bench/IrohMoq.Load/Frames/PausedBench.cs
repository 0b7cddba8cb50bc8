using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>
/// Measures whether a paused reader slows down another track of the same session: a live bulk track is read at full speed, alternately
/// alone and with a paused reader of another live track. The rate with the paused reader must be at least 0.9 of the rate without.
/// </summary>
internal static class PausedBench
{
    private const int Rounds = 3;
    private const double Wanted = 0.9;

    // More than two cores can transfer, so that the track is read at full speed, but not so much more that the writer occupies a core.
    private static readonly TrackSpec Bulk = new("bulk", 64 << 10, 16, FramesPerSecond: 500e6 / (64 << 10));

    // During the warm-up, this track writes more than the window of a connection and the cache hold.
    private static readonly TrackSpec Other = new("other", 100_000, 1, FramesPerSecond: 100);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(4);

    public static async Task<int> RunAsync()
    {
        var rates = new List<(double Without, double With)>();
        try
        {
            for (var round = 1; round <= Rounds; round++)
            {
                rates.Add((await RunAsync(isBeside: false), await RunAsync(isBeside: true)));
                Console.WriteLine($"round {round}: {rates[^1].Without:0} MB/s without, {rates[^1].With:0} MB/s beside a paused reader");
            }
        }
        catch (StallException stall)
        {
            Console.WriteLine(stall.Message);
            Console.WriteLine(JsonSerializer.Serialize(new { bench = "paused", stalled = true, why = stall.Message }));
            return 1;
        }

        var ratio = Median.Of(rates.Select(static rate => rate.With / rate.Without));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            bench = "paused",
            stalled = false,
            without_mb_s = Math.Round(Median.Of(rates.Select(static rate => rate.Without)), 1),
            with_mb_s = Math.Round(Median.Of(rates.Select(static rate => rate.With)), 1),
            with_over_without = Math.Round(ratio, 3),
        }));
        return ratio >= Wanted ? 0 : 1;
    }

    /// <summary>Measures the rate of the bulk track in megabytes per second.</summary>
    private static async Task<double> RunAsync(bool isBeside)
    {
        using var pair = await SidePair.StartAsync([Bulk, Other]);
        if (isBeside)
        {
            await pair.AskAsync("read", Other.Name);
            await pair.AskAsync("pause", Other.Name);
        }

        await pair.AskAsync("read", Bulk.Name);
        try
        {
            var (_, read) = await pair.MeasureAsync(Bulk.Name, WarmUp, Time);
            return read.Bytes / 1e6 / read.At;
        }
        catch (StallException stall)
        {
            throw new StallException($"{(isBeside ? "beside a paused reader" : "alone")}: {stall.Message}");
        }
    }
}
