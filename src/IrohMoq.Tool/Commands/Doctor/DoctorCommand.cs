using System.CommandLine;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Represents the command <c>moq doctor</c>, which checks whether the tool works on this machine, and says what to do.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var key = new Option<string?>("--secret-key") { Description = "A key file to check as well; it is not created." };
        var json = new Option<bool>("--json") { Description = "One JSON object per line on standard output, and nothing else there." };
        const string Description = "Checks this machine: libraries, sockets, addresses, limits and clock. Exits with 1 on a problem.";
        var command = new Command("doctor", Description) { key, json };
        command.SetAction(async (words, interrupted) =>
        {
            using var output = words.GetValue(json) ? (IOutput)new JsonOutput() : new PlainOutput(Console.Out);
            var hasProblem = false;
            var code = await CommandRunner.RunAsync(output, CheckAsync, interrupted).ConfigureAwait(false);
            return code == ExitCode.Done && hasProblem ? ExitCode.Failed : code;

            async Task CheckAsync()
            {
                if (words.GetValue(key) is { Length: 0 })
                    throw new UsageException("--secret-key takes the path of a file; it is empty");
                await foreach (var finding in FindAsync(words.GetValue(key), interrupted).ConfigureAwait(false))
                {
                    hasProblem |= finding.Verdict == Verdict.Problem;
                    output.Finding(finding);
                }
            }
        });
        return command;
    }

    private static async IAsyncEnumerable<Finding> FindAsync(
        string? key, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken interrupted)
    {
        // Without OpenSSL, the first use of cryptography ends the process, so nothing else is checked.
        var openSsl = OpenSslCheck.Run();
        yield return openSsl;
        if (openSsl.Verdict == Verdict.Problem)
            yield break;
        var libraries = NativeLibraryCheck.Run();
        yield return libraries;
        yield return SocketCheck.Run();
        yield return BufferCheck.Run();
        yield return InterfaceCheck.Run();
        yield return FileLimitCheck.Run();
        yield return ClockCheck.Run(ThreadPoolRuntime.Instance.GetUtcNow());
        yield return QuicSupportCheck.Run();
        if (key is not null)
            yield return await BackgroundCall.RunAsync(() => KeyFileCheck.Run(key), interrupted).ConfigureAwait(false);
        // Without the libraries there is no endpoint.
        if (libraries.Verdict == Verdict.Problem)
            yield break;
        foreach (var finding in await EndpointCheck.RunAsync(interrupted).ConfigureAwait(false))
            yield return finding;
        yield return await LoopbackCheck.RunAsync(interrupted).ConfigureAwait(false);
    }
}
