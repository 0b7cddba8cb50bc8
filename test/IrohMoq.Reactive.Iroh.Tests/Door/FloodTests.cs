using System.Diagnostics;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The short form of ./bench.sh flood, in a process of its own, because it is a measurement.</summary>
[NonParallelizable]
public sealed class FloodTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task FirstPacketsAndGarbage_NeitherStopATransferNorCloseTheDoor(CancellationToken token)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "IrohMoq.Load.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, "flood", "short"]) { RedirectStandardOutput = true })!;
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
