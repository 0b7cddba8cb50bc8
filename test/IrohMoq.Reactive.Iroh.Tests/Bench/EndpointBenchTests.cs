using System.Diagnostics;
using System.Text.Json;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The short form of ./bench.sh endpoint: every part runs and measures something.</summary>
[NonParallelizable]
public sealed class EndpointBenchTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task EachPart_MeasuresBothEnds(CancellationToken token)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "IrohMoq.Load.dll");
        using var process =
            Process.Start(new ProcessStartInfo("dotnet", [program, "endpoint", "--quick"]) { RedirectStandardOutput = true })!;
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(token);
            await process.WaitForExitAsync(token);
            Assert.That(process.ExitCode, Is.Zero, output);
            using var result = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]);
            Assert.Multiple(() =>
            {
                foreach (var (part, subject, quantity) in new[]
                {
                    ("bulk", "floor", "rate MB/s"), ("bulk", "raw", "rate MB/s"), ("bulk", "moq", "rate MB/s"),
                    ("bulk", "raw/floor", "cpu s/GB, both"), ("bulk", "moq/raw", "cpu s/GB, both"),
                    ("bulk", "raw", "send calls/GB, sender"), ("bulk", "raw", "receive calls/GB, receiver"),
                    ("parallel", "100 streams", "rate MB/s"), ("parallel", "100 streams", "slowest stream/mean"),
                    ("short-streams", "raw", "streams/s"), ("ping", "idle", "p50 us"), ("ping", "beside bulk", "p99 us"),
                    ("ping", "beside bulk", "bulk MB/s"), ("connects", "in turn", "connects/s"), ("connects", "16 at once", "connects/s"),
                    ("idle", "dialer", "managed kB/connection"), ("idle", "listener", "cpu us/connection and second"),
                })
                {
                    var value = result.RootElement.GetProperty(part).GetProperty("values").GetProperty(subject).GetProperty(quantity);
                    Assert.That(value.GetDouble(), Is.Positive, $"{part}: {subject}: {quantity}");
                }
            });
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
