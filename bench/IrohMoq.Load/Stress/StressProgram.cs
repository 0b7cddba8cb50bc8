using System.Diagnostics;

namespace IrohMoq.Load;

/// <summary>
/// Programs that once stopped the library, each with what must hold. <c>stress MODE</c> runs one and ends with 0 if it held, else with 1
/// and a line that says what did not; <c>stress all</c> runs each in a process of its own, because what is stuck cannot be taken back.
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
        // What is stuck does not end.
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
