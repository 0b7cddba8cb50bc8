using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Probes;

/// <summary>Which estimates are worth a report.</summary>
public sealed class RateReportsTests
{
    [Test]
    public void SmallerChanges_AreReportedLater() => Scene.Run(static async scene =>
    {
        var reports = new RateReports(scene.Network.Runtime);
        Assert.That(reports.TryReport(default), Is.False, "nothing is known");
        Assert.That(reports.TryReport(Rate(1_000)), Is.True);
        Assert.That(reports.TryReport(Rate(1_000)), Is.False);
        await scene.PauseAsync(0.1);
        Assert.That((reports.TryReport(Rate(1_250)), reports.TryReport(Rate(750))), Is.EqualTo((false, false)));
        Assert.That(reports.TryReport(Rate(1_251)), Is.True);
        await scene.PauseAsync(0.1);
        Assert.That(reports.TryReport(Rate(900)), Is.True, "down as well as up");
        // After half of the time, half of the difference is enough.
        await scene.PauseAsync(5.05);
        Assert.That((reports.TryReport(Rate(1_010)), reports.TryReport(Rate(1_015))), Is.EqualTo((false, true)));
        await scene.PauseAsync(9.9);
        Assert.That(reports.TryReport(Rate(1_015)), Is.False);
        await scene.PauseAsync(0.1);
        Assert.That(reports.TryReport(Rate(1_015)), Is.True, "every ten seconds in any case");
    });

    [Test]
    public void ValueThatBecomesKnownOrUnknown_IsReported() => Scene.Run(static scene =>
    {
        var reports = new RateReports(scene.Network.Runtime);
        var time = TimeSpan.FromMilliseconds(20);
        Assert.That(reports.TryReport(new RateEstimate(null, time)), Is.True);
        Assert.That(reports.TryReport(new RateEstimate(1_000, time)), Is.True);
        Assert.That(reports.TryReport(new RateEstimate(1_000, 2 * time)), Is.True);
        Assert.That(reports.TryReport(new RateEstimate(1_000, null)), Is.True);
        Assert.That(reports.TryReport(new RateEstimate(1_000, null)), Is.False);
        return Task.CompletedTask;
    });

    private static RateEstimate Rate(long bytes) => new(bytes, TimeSpan.FromMilliseconds(20));
}
