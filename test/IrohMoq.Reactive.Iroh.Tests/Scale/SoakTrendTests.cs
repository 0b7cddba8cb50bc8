using IrohMoq.Load;
using IrohMoq.Load.EndpointSoak;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The judgment of the soak test on growth.</summary>
[Parallelizable(ParallelScope.All)]
public class SoakTrendTests
{
    private const int Samples = 40;

    [Test]
    public void UseThatVaries_IsFlat() =>
        Assert.That(SoakTrend.Of(Create(static i => 10 + (i % 2))), Has.All.Property(nameof(SoakTrend.IsFlat)).True);

    [Test]
    public void GrowthInTheWarmUp_DoesNotCount() =>
        Assert.That(SoakTrend.Of(Create(static i => Math.Min(10 * i, 100))), Has.All.Property(nameof(SoakTrend.IsFlat)).True);

    [Test]
    public void SteadyGrowth_IsFound_WithItsSlope()
    {
        // 1 per sample of 30 s is 120 per hour, and 29 from the 11th to the 40th sample.
        var trends = SoakTrend.Of(Create(static i => 100 + i));
        Assert.That(trends.Select(static trend => trend.PerHour), Is.All.EqualTo(120).Within(1e-6));
        Assert.That(trends.Select(static trend => trend.Growth), Is.All.EqualTo(29).Within(1e-6));
        Assert.That(trends, Has.All.Property(nameof(SoakTrend.IsFlat)).False);
    }

    /// <summary>Creates samples with the same value, in the unit of the table, for all resources.</summary>
    private static SoakSample[] Create(Func<int, int> value) =>
    [
        .. Enumerable.Range(0, Samples).Select(i => new SoakSample(
            TimeSpan.FromSeconds(30 * i), TimeSpan.FromSeconds(30), new long[Enum.GetValues<SoakWork>().Length], 0, 0,
            UsageOf(value(i)), value(i), value(i), 0)),
    ];

    private static ProcessUsage UsageOf(int value) => new(value * 1_000_000L, value * 1_000_000L, value * 1_000_000L, value, value);
}
