using IrohMoq.Reactive;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands;

/// <summary>Runs the body of a command. Converts its result or exception to an exit code and reports an error as one line.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(IOutput output, Func<Task> body, CancellationToken interrupted)
    {
        try
        {
            await body().ConfigureAwait(false);
            return ExitCode.Done;
        }
        catch (Exception failure) when (interrupted.IsCancellationRequested && StandardStreams.Output.Failure is not null)
        {
            // That standard output is broken has been reported when it broke.
            Trace(failure);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (UsageException wrong)
        {
            output.Error(wrong.Message, null);
            return ExitCode.BadUsage;
        }
        catch (MoqException failure)
        {
            var advice = failure is MoqConnectException { Error: ConnectError.NoCommonProtocol }
                ? " Check the option --alpn of both sides: they need a version in common."
                : "";
            output.Error($"{failure.Message}{advice}", failure.Code.Value);
            Trace(failure);
            return ExitCode.Failed;
        }
        catch (Exception failure)
        {
            output.Error(ExceptionText.Of(failure), failure is TimeoutException ? MoqErrorCode.Timeout.Value : null);
            Trace(failure);
            return ExitCode.Failed;
        }
    }

    private static void Trace(Exception failure)
    {
        if (Diagnostics.IsVerbose)
            Console.Error.WriteLine(TerminalText.EscapeLines(failure.ToString()));
    }
}
