using System.Diagnostics;

namespace IrohMoq.Load;

/// <summary>
/// Runs a listening and a dialing process of this program. The listener prints the address to dial as its first line, and each process
/// prints its result as one line. A process ends after its result when its input ends.
/// </summary>
internal static class ProcessPair
{
    private static readonly TimeSpan MostTime = TimeSpan.FromMinutes(5);

    /// <summary>Runs both processes and returns the line that each has printed.</summary>
    /// <param name="listen">The arguments of the listener.</param>
    /// <param name="dial">Returns the arguments of the dialer, given the address of the listener.</param>
    public static async Task<(string Listened, string Dialed)> RunAsync(string[] listen, Func<string, string[]> dial)
    {
        using var limit = new CancellationTokenSource(MostTime);
        using var listener = Start(listen);
        Process? dialer = null;
        try
        {
            var address = await ReadAsync(listener, limit.Token);
            dialer = Start(dial(address));
            var dialed = await ReadAsync(dialer, limit.Token);
            var listened = await ReadAsync(listener, limit.Token);
            await EndAsync(dialer, limit.Token);
            await EndAsync(listener, limit.Token);
            return (listened, dialed);
        }
        finally
        {
            listener.Kill();
            dialer?.Kill();
            dialer?.Dispose();
        }
    }

    /// <summary>Starts this program with other arguments, also if it was started as <c>dotnet IrohMoq.Load.dll</c>.</summary>
    public static Process Start(params string[] arguments)
    {
        var program = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        string[] own = isHost ? [typeof(ProcessPair).Assembly.Location] : [];
        return Process.Start(new ProcessStartInfo(program, [.. own, .. arguments, .. OfferedProtocols.Arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    private static async Task<string> ReadAsync(Process process, CancellationToken limit) =>
        await process.StandardOutput.ReadLineAsync(limit) ?? throw new InvalidOperationException(
            $"A process ended before it printed a result: {string.Join(' ', process.StartInfo.ArgumentList)}");

    private static async Task EndAsync(Process process, CancellationToken limit)
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync(limit);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"A process ended with exit code {process.ExitCode}.");
    }
}
