using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

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
            output.Error(failure.Message, failure.Code.Value);
            return ExitCode.Failed;
        }
        catch (Exception failure) when (
            failure is IOException or UnauthorizedAccessException or TimeoutException or FormatException or DllNotFoundException
                or PlatformNotSupportedException)
        {
            output.Error(failure.Message, failure is TimeoutException ? MoqErrorCode.Timeout.Value : null);
            return ExitCode.Failed;
        }
    }
}
