using System.Diagnostics;

namespace IrohMoq.Load;

/// <summary>
/// Runs the stress tests, which reproduce situations in which earlier versions of the library stalled. <c>stress MODE</c> runs one test,
/// and exits with code 0 if it succeeds; otherwise it prints the failure and exits with code 1. <c>stress all</c> runs each test in a
/// separate process, because a blocked operation cannot be undone.
/// </summary>
internal static class StressProgram
{
    private static readonly TimeSpan MostTime = TimeSpan.FromMinutes(2);

    private static readonly SortedDictionary<string, Func<Task<string?>>> Modes = new(StringComparer.Ordinal)
    {
        ["cancel"] = CancelStress.RunAsync,
        ["collapse"] = CollapseStress.RunAsync,
        ["pause"] = PauseStress.RunAsync,
        ["skip"] = SkipStress.RunAsync,
        ["starve"] = StarveStress.RunAsync,
        ["video"] = VideoStress.RunAsync,
        ["wedge"] = WedgeStress.RunAsync,
    };

    public static async Task<int> RunAsync(string mode)
    {
        if (mode == "all")
            return await RunAllAsync();
        if (!Modes.TryGetValue(mode, out var run))
        {
            await Console.Error.WriteLineAsync($"stress takes all, {string.Join(", ", Modes.Keys)}");
            return 2;
        }

        string? failure;
        try
        {
            failure = await run().WaitAsync(MostTime);
        }
        catch (Exception fault)
        {
            failure = $"{fault.GetType().Name}: {fault.Message}";
        }

        Console.WriteLine(failure is null ? $"{mode}: held" : $"{mode}: FAILED: {failure}");
        // Exits without waiting, because blocked operations do not end.
        Environment.Exit(failure is null ? 0 : 1);
        return 0;
    }

    private static async Task<int> RunAllAsync()
    {
        var failed = 0;
        foreach (var mode in Modes.Keys)
        {
            using var process = Process.Start(Environment.ProcessPath!, ["stress", mode]);
            await process.WaitForExitAsync();
            failed += process.ExitCode == 0 ? 0 : 1;
        }

        Console.WriteLine($"{Modes.Count - failed} held, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
