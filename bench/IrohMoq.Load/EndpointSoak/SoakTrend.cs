namespace IrohMoq.Load.EndpointSoak;

/// <summary>Finds out whether a resource grows: the straight line through its samples, by the method of least squares.</summary>
/// <param name="Name">The name of the resource.</param>
/// <param name="Unit">The unit of the values.</param>
/// <param name="PerHour">The slope of the line per hour.</param>
/// <param name="Growth">The growth of the line over the time of the samples.</param>
/// <param name="MaxGrowth">The maximum growth that is accepted.</param>
internal sealed record SoakTrend(string Name, string Unit, double PerHour, double Growth, double MaxGrowth)
{
    // Compilation and memory pools increase the use of memory at the beginning.
    private const double Warm = 0.25;

    /// <summary>The shortest test whose trends are judged. In a shorter one, compilation and pools hide every trend.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(100);

    /// <summary>Gets a value that indicates whether the growth is accepted.</summary>
    public bool IsFlat => Growth <= MaxGrowth;

    /// <summary>Calculates the trends of all resources from the samples after the warm-up.</summary>
    public static SoakTrend[] Of(IReadOnlyList<SoakSample> samples)
    {
        SoakSample[] settled = [.. samples.Skip((int)(samples.Count * Warm))];
        return
        [
            Of("rss", "MB", settled, static sample => sample.Usage.Resident / 1e6, 16),
            Of("managed heap", "MB", settled, static sample => sample.Usage.ManagedHeap / 1e6, 2),
            Of("native heap", "MB", settled, static sample => sample.Usage.NativeHeap / 1e6, 6),
            Of("handles", "", settled, static sample => sample.Usage.Handles, 8),
            Of("threads", "", settled, static sample => sample.Usage.Threads, 8),
            Of("connections", "", settled, static sample => sample.Connections, 10),
            Of("streams", "", settled, static sample => sample.Streams, 20),
        ];
    }

    public override string ToString() =>
        $"{Name}: {PerHour:+0.0;-0.0;0.0} {Unit}{(Unit.Length > 0 ? "/h" : "per hour")}, {Growth:+0.00;-0.00;0.00} in the time measured "
        + $"(at most {MaxGrowth}){(IsFlat ? "" : ": GROWS")}";

    private static SoakTrend Of(string name, string unit, SoakSample[] samples, Func<SoakSample, double> value, double most)
    {
        if (samples.Length < 2)
            return new SoakTrend(name, unit, 0, 0, most);
        var meanTime = samples.Average(static sample => sample.At.TotalHours);
        var meanValue = samples.Average(value);
        var slope = samples.Sum(sample => (sample.At.TotalHours - meanTime) * (value(sample) - meanValue))
            / samples.Sum(sample => Math.Pow(sample.At.TotalHours - meanTime, 2));
        return new SoakTrend(name, unit, slope, slope * (samples[^1].At - samples[0].At).TotalHours, most);
    }
}
