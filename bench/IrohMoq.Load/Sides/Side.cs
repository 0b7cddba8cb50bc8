using System.Diagnostics;

namespace IrohMoq.Load;

/// <summary>Represents the process of one side of a benchmark, which the main process starts and controls.</summary>
internal sealed class Side : IDisposable
{
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(15);

    private readonly Process _process;

    private Side(Process process, string hello)
    {
        _process = process;
        Hello = hello;
    }

    /// <summary>Gets the first line that the process has printed.</summary>
    public string Hello { get; }

    public static async Task<Side> StartAsync(params string[] arguments)
    {
        var process = ProcessPair.Start(arguments);
        try
        {
            return new Side(process, await ReadAsync(process));
        }
        catch
        {
            End(process);
            throw;
        }
    }

    public async Task<string> AskAsync(string command, string track)
    {
        await _process.StandardInput.WriteLineAsync($"{command} {track}");
        await _process.StandardInput.FlushAsync();
        return await ReadAsync(_process);
    }

    public async Task<Counts> CountAsync(string track) => Counts.Parse(await AskAsync("count", track));

    public void Dispose() => End(_process);

    private static async Task<string> ReadAsync(Process process)
    {
        try
        {
            return await process.StandardOutput.ReadLineAsync().WaitAsync(MostWait) ?? throw new InvalidOperationException(
                "A side ended before it was to.");
        }
        catch (TimeoutException)
        {
            throw new StallException($"A side has not answered for {MostWait.TotalSeconds:0} s.");
        }
    }

    private static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
