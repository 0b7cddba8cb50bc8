using System.Diagnostics;
using System.Globalization;

namespace IrohMoq.Tool.Tests;

/// <summary>The time that a line takes from the standard input of a publisher to the standard output of a subscriber.</summary>
[CancelAfter(120_000)]
[NonParallelizable]
public class LineLatencyTests : ToolTestBase
{
    private const int Lines = 600;
    private const int Attempts = 5;
    private const double MaxP99 = 5;
    private const double MaxFirst = 90;

    /// <summary>
    /// A line takes 5 ms at most, 99 of 100 times, and the first one is not held back. Of several attempts, the shortest time of each line
    /// counts: other load of the machine delays a line in some of them, and a timer that collects lines in all of them. The first line
    /// includes the compilation of the code, as the start of the program does, with which it is compared.
    /// </summary>
    [Test]
    public async Task Lines_AreThereAtOnce_TheFirstIncluded(CancellationToken token)
    {
        var (best, start) = (new double[Lines], double.MaxValue);
        Array.Fill(best, double.MaxValue);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            start = Math.Min(start, await StartAsync(token));
            var times = await MeasureAsync(token);
            for (var i = 0; i < Lines; i++)
                best[i] = Math.Min(best[i], times[i]);
            await TestContext.Out.WriteLineAsync(
                $"first {times[0]:0.0} ms, p99 {P99(times):0.0} ms; of the shortest times: first {best[0]:0.0} ms, p99 {P99(best):0.0} ms, "
                + $"start {start:0.0} ms");
            if (P99(best) < MaxP99 && best[0] < Math.Max(MaxFirst, start * 0.8))
                return;
        }

        Assert.Fail($"The first line took {best[0]:0.0} ms, and p99 is {P99(best):0.0} ms; the program starts in {start:0.0} ms.");
    }

    private static async Task<double> StartAsync(CancellationToken token)
    {
        var began = Stopwatch.GetTimestamp();
        await RunAsync(token, "id");
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static async Task<double[]> MeasureAsync(CancellationToken token)
    {
        using var publisher = Publish("--lines");
        var ticket = TicketOf(await publisher.ExpectAsync("listening", token));
        using var reader = Subscribe(ticket, "--output", "-");
        await publisher.ExpectAsync("subscribed", token);
        var times = new double[Lines];
        for (var i = 0; i < Lines; i++)
        {
            var line = i.ToString(CultureInfo.InvariantCulture);
            var began = Stopwatch.GetTimestamp();
            await publisher.Input.WriteLineAsync(line);
            await publisher.Input.FlushAsync(token);
            Assert.That(await reader.Output.ReadLineAsync(token), Is.EqualTo(line));
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        publisher.Input.Close();
        Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
        return times;
    }

    private static double P99(double[] times) => times.Order().ElementAt(Lines * 99 / 100);
}
