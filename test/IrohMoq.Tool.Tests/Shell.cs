using System.Diagnostics;

namespace IrohMoq.Tool.Tests;

/// <summary>Runs commands in the root of the repository, without a terminal.</summary>
internal static class Shell
{
    /// <summary>Runs a command of bash to its end.</summary>
    /// <param name="command">The command; <c>$1</c> and so on are the arguments.</param>
    /// <param name="environment">Variables that are set for the command; a null value removes one.</param>
    /// <param name="token">The token that ends the command and the processes that it started.</param>
    /// <param name="arguments">The arguments of the command.</param>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(
        string command, IReadOnlyDictionary<string, string?> environment, CancellationToken token, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("bash", ["-c", command, "bash", .. arguments])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(token);
            var errors = process.StandardError.ReadToEndAsync(token);
            await process.WaitForExitAsync(token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public static Task<(int Code, string Output, string Errors)> RunAsync(
        string command, CancellationToken token, params IEnumerable<string> arguments) =>
        RunAsync(command, new Dictionary<string, string?>(), token, arguments);
}
