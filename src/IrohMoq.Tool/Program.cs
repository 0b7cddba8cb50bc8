using System.CommandLine;
using IrohMoq.Tool;
using IrohMoq.Tool.Commands;
using IrohMoq.Tool.Commands.Completion;
using IrohMoq.Tool.Commands.Doctor;
using IrohMoq.Tool.Commands.Simulate;
using IrohMoq.Tool.Help;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

// First of all, before anything opens a file whose number could be that of a closed standard stream.
StandardStreams.Initialize();
Diagnostics.Read(args);
AppDomain.CurrentDomain.UnhandledException += static (_, crash) =>
{
    CommandErrors.Report(ExceptionText.Of((Exception)crash.ExceptionObject));
    StandardStreams.FinishLines(TimeSpan.FromMilliseconds(500));
    Posix.Exit(ExitCode.Failed);
};

var root = new RootCommand("Publishes and subscribes live broadcasts between peers that know each other by public key (MoQ over iroh).")
{
    IdCommand.Create(),
    PublishCommand.Create(),
    SubscribeCommand.Create(),
    FetchCommand.Create(),
    ListCommand.Create(),
    SendCommand.Create(),
    ReceiveCommand.Create(),
    SimulateCommand.Create(),
    DoctorCommand.Create(),
    CompletionCommand.Create(),
};
HelpWithExamples.AddTo(root);

using var signals = new Signals();
var code = await RunAsync().ConfigureAwait(false);
if (!await StandardStreams.FinishAsync().ConfigureAwait(false) && code != ExitCode.BadUsage)
    code = ExitCode.Failed;

StandardStreams.FinishErrors();
return code;

async Task<int> RunAsync()
{
    var parsed = root.Parse(args);
    if (FlagValues.FindProblem(parsed.CommandResult.Command, args) is { } problem)
    {
        CommandErrors.Report(parsed, problem);
        return ExitCode.BadUsage;
    }

    if (parsed.Errors.Count > 0)
    {
        CommandErrors.Report(parsed);
        return ExitCode.BadUsage;
    }

    // The default termination timeout of the command line library is disabled, because it would end the process before the sessions are
    // closed.
    var invocation = new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
    try
    {
        return await parsed.InvokeAsync(invocation, signals.Token).ConfigureAwait(false);
    }
    catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
    {
        return ExitCode.Interrupted;
    }
    catch (Exception failure)
    {
        CommandErrors.Report(ExceptionText.Of(failure));
        if (Diagnostics.IsVerbose)
            Console.Error.WriteLine(TerminalText.EscapeLines(failure.ToString()));
        return failure is UsageException ? ExitCode.BadUsage : ExitCode.Failed;
    }
}
