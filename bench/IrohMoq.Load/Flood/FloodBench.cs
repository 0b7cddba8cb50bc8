using System.Globalization;
using System.Text.Json;

namespace IrohMoq.Load.Flood;

/// <summary>
/// Attacks an endpoint with first packets of real clients and with garbage, at 1,000 and 10,000 datagrams per second, and measures a bulk
/// transfer and honest dials meanwhile. The results support the limits of the <c>Listener</c>: the Retry, and the share of the time of the
/// I/O thread. The rates are compared with those beside a flood of the same datagrams that goes to another socket, because the flood and
/// the endpoint share the processors.
/// </summary>
internal static class FloodBench
{
    private const int Distinct = 2_000;

    /// <summary>Runs the bench.</summary>
    /// <param name="isShort">True for the short form that is a test: it takes a few seconds, and its limits allow for noise.</param>
    /// <returns>0 if the limits are kept.</returns>
    public static async Task<int> RunAsync(bool isShort)
    {
        var (pairs, phase, leastRatio, leastDials) =
            isShort ? (3, TimeSpan.FromSeconds(0.4), 0.4, 0.9) : (30, TimeSpan.FromSeconds(0.4), 0.8, 0.95);
        await using var scene = await FloodScene.CreateAsync();
        var floods = new (string Name, byte[][] Packets)[]
        {
            ("initials", FloodPackets.Initials(scene.Id, FloodScene.Protocol, Distinct)), ("garbage", FloodPackets.Garbage(Distinct)),
        };
        // The JIT compiles meanwhile.
        await scene.MeasureAsync(floods[0].Packets, 1_000, 1, TimeSpan.FromSeconds(1));

        var isKept = true;
        var rows = new List<object>();
        foreach (var (name, packets) in floods)
        {
            foreach (var rate in new[] { 1_000, 10_000 })
            {
                var figures = await scene.MeasureAsync(packets, rate, pairs, phase);
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name,-8} {figures.SentPerSecond,6:0}/s   bulk {figures.Quiet,6:0} -> {figures.Attacked,6:0} MB/s, "
                        + $"x{figures.Ratio:0.00}   "
                        + $"dials {figures.Succeeded:P1} of {figures.Dials.Length} within 1 s, p50 {figures.Percentile(0.5):0.0} ms, "
                        + $"p95 {figures.Percentile(0.95):0.0} ms"));
                rows.Add(new { name, rate, ratio = Math.Round(figures.Ratio, 2), dials = Math.Round(figures.Succeeded, 3) });
                isKept &= figures.Ratio >= leastRatio && figures.Succeeded >= leastDials;
            }
        }

        Console.WriteLine(
            JsonSerializer.Serialize(new { bench = "flood", rows, least_ratio = leastRatio, least_dials = leastDials, isKept }));
        return isKept ? 0 : 1;
    }
}
