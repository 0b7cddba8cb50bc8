using System.Diagnostics;

namespace IrohMoq.Tool.Tests;

/// <summary>The short form of the network grid, its exit codes, and its end by a signal.</summary>
[NonParallelizable]
public class NetGridTests
{
    [Test]
    [CancelAfter(240_000)]
    public async Task Short_EveryCellPasses(CancellationToken token)
    {
        using var grid = Start("--short");
        var output = await grid.StandardOutput.ReadToEndAsync(token);
        await grid.WaitForExitAsync(token);
        IgnoreIfSkipped(output);
        await TestContext.Out.WriteLineAsync(output);
        Assert.That(grid.ExitCode, Is.Zero, output + await grid.StandardError.ReadToEndAsync(token));
        Assert.That(output, Does.Contain("5 passed, 0 failed"));
    }

    [TestCase("-INT", 130)]
    [TestCase("-TERM", 143)]
    [TestCase("-KILL", 137)]
    [CancelAfter(120_000)]
    public async Task EndInTheMiddleOfACell_EndsEveryProcess(string signal, int code, CancellationToken token)
    {
        using var grid = Start("--only", "20 Mbit/s, queue 100 ms");
        // The last line of the head of the table is printed when the first cell begins.
        var head = "";
        while (!head.Contains("|---|", StringComparison.Ordinal) && await grid.StandardOutput.ReadLineAsync(token) is { } line)
            head += line;
        IgnoreIfSkipped(head);
        using (var kill = Process.Start("kill", [signal, $"{grid.Id}"]))
            await kill.WaitForExitAsync(token);
        await grid.WaitForExitAsync(token);
        Assert.That(grid.ExitCode, Is.EqualTo(code));

        // Every process of the grid holds the other end of these pipes. So this waits until the last one has ended, and with it the
        // kernel namespaces.
        await grid.StandardOutput.ReadToEndAsync(token);
        await grid.StandardError.ReadToEndAsync(token);
    }

    [TestCase("20 Mbit/s, queue 100 ms", "not done after 1 s")]
    [TestCase("no cell has this name", "0 cells")]
    [CancelAfter(120_000)]
    public async Task MissedLimitAndEmptyGrid_ExitWith1(string only, string reason, CancellationToken token)
    {
        using var grid = Start("--limit", "1", "--only", only);
        var output = await grid.StandardOutput.ReadToEndAsync(token);
        await grid.WaitForExitAsync(token);
        IgnoreIfSkipped(output);
        Assert.That(grid.ExitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain(reason));
    }

    private static Process Start(params string[] arguments) =>
        Repository.Start(
            "net-grid.sh", [.. arguments, "--moq", Path.Combine(AppContext.BaseDirectory, "moq.dll"), "--load", Repository.Load]);

    private static void IgnoreIfSkipped(string output)
    {
        if (output.StartsWith("skipped:", StringComparison.Ordinal))
            Assert.Ignore(output.TrimEnd());
    }
}
