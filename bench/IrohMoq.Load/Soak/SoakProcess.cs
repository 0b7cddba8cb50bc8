using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>Runs a reader in a separate process, which is repeatedly killed and started again.</summary>
internal static class SoakProcess
{
    /// <summary>Starts a reader process, kills it after a random time, and repeats that until canceled.</summary>
    public static async Task KillAgainAndAgainAsync(EndpointAddr[] publishers, int number, SoakBook book, CancellationToken stop)
    {
        var random = new Random(1000 + number);
        string[] tickets = [.. publishers.Select(static address => new EndpointTicket(address).ToString())];
        while (!stop.IsCancellationRequested)
        {
            string[] arguments = [typeof(SoakProcess).Assembly.Location, "soak-reader", $"{random.Next()}", .. tickets];
            using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true })!;
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(random.Next(10, 40)), stop);
            }
            catch (OperationCanceledException)
            {
                // The process is killed nevertheless.
            }

            if (process.HasExited && !stop.IsCancellationRequested)
                book.Violated($"a reader's process ended with {process.ExitCode}");
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            book.Count("processes killed");
        }
    }

    /// <summary>Runs the reader process. The process exits when its standard input ends, so that it does not outlive its parent.</summary>
    public static async Task<int> RunAsync(int seed, string[] tickets)
    {
        (EndpointAddr Address, Func<TimeSpan, bool> IsUpFor)[] publishers =
            [.. tickets.Select(static ticket => (EndpointTicket.Parse(ticket).Address, (Func<TimeSpan, bool>)(static _ => true)))];
        _ = new SoakReader("process", publishers, new SoakBook(), isHarsh: true).RunAsync(seed, CancellationToken.None);
        await Console.In.ReadToEndAsync();
        Environment.Exit(0);
        return 0;
    }
}
