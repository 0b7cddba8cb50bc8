using System.Diagnostics;

namespace IrohMoq.Tool.Tests;

/// <summary>The short form of the soak test, its exit codes, and its end by a signal.</summary>
[NonParallelizable]
public class SoakTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task Short_Passes(CancellationToken token)
    {
        using var soak = Repository.Start("soak.sh", "--short", "--load", Repository.Load);
        var output = await soak.StandardOutput.ReadToEndAsync(token);
        await soak.WaitForExitAsync(token);
        await TestContext.Out.WriteLineAsync(output);
        Assert.That(soak.ExitCode, Is.Zero, output + await soak.StandardError.ReadToEndAsync(token));
        Assert.That(output, Does.EndWith("soak: passed\n"));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Interrupt_EndsWithTheTableSoFar(CancellationToken token)
    {
        using var soak = Repository.Start("soak.sh", "0.5", "--load", Repository.Load);
        // Two lines of the head, and the first line with figures.
        for (var i = 0; i < 3; i++)
            Assert.That(await soak.StandardOutput.ReadLineAsync(token), Does.StartWith("|"));
        using (var kill = Process.Start("kill", ["-INT", $"{soak.Id}"]))
            await kill.WaitForExitAsync(token);
        var rest = await soak.StandardOutput.ReadToEndAsync(token);
        await soak.WaitForExitAsync(token);
        Assert.That(rest, Does.Contain("interrupted after").And.Contain("managed heap:").And.EndWith("soak: passed\n"));
        Assert.That(soak.ExitCode, Is.Zero);
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task UnknownOption_ExitsWith2(CancellationToken token)
    {
        using var soak = Repository.Start("soak.sh", "--longer");
        Assert.That(await soak.StandardError.ReadToEndAsync(token), Does.StartWith("usage: eng/soak.sh"));
        await soak.WaitForExitAsync(token);
        Assert.That(soak.ExitCode, Is.EqualTo(2));
    }
}
