using System.Diagnostics;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Runs the short stress programs (./bench.sh stress), each in a process of its own, because a program that hangs cannot be stopped
/// otherwise.
/// </summary>
public sealed class StressTests
{
    [TestCase("cancel")]
    [TestCase("wedge")]
    [CancelAfter(30_000)]
    public async Task Stress_Passes(string mode, CancellationToken token)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "IrohMoq.Load.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, "stress", mode]) { RedirectStandardOutput = true })!;
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(token);
            await process.WaitForExitAsync(token);
            Assert.That(process.ExitCode, Is.Zero, output);
        }
        finally
        {
            process.Kill();
        }
    }
}
