using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>A reader in a process of its own, which is killed without a word, and begins again.</summary>
internal static class SoakProcess
{
    /// <summary>Starts it, kills it, and so on.</summary>
    public static async Task KillAgainAndAgainAsync(EndpointAddr[] publishers, int number, SoakBook book, CancellationToken stop)
    {
        var random = new Random(1000 + number);
        string[] tickets = [.. publishers.Select(static address => new EndpointTicket(address).ToString())];
        while (!stop.IsCancellationRequested)
        {
            string[] arguments = ["soak-reader", $"{random.Next()}", .. tickets];
            using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardInput = true })!;
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(random.Next(10, 40)), stop);
            }
            catch (OperationCanceledException)
            {
                // It is killed all the same.
            }

            if (process.HasExited && !stop.IsCancellationRequested)
                book.Violated($"a reader's process ended with {process.ExitCode}");
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            book.Count("processes killed");
        }
    }

    /// <summary>The process itself. It ends with its input, so that it does not outlive its parent.</summary>
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
