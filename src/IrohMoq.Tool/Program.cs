using System.CommandLine;
using System.Runtime.InteropServices;
using IrohMoq.Tool;
using IrohMoq.Tool.Commands;

var root = new RootCommand("Publishes and subscribes live broadcasts between peers that know each other by public key (MoQ over iroh).")
{
    IdCommand.Create(),
    PublishCommand.Create(),
    SubscribeCommand.Create(),
    ListCommand.Create(),
    SendCommand.Create(),
    ReceiveCommand.Create(),
    SimulateCommand.Create(),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        await Console.Error.WriteLineAsync($"moq: {error.Message}").ConfigureAwait(false);
    await Console.Error.WriteLineAsync("moq: see 'moq --help', or --help behind a command").ConfigureAwait(false);
    return ExitCode.BadUsage;
}

using var interrupted = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);

// The default termination timeout of the command line library is disabled, because it would end the process before the sessions are closed.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, interrupted.Token).ConfigureAwait(false);

void Interrupt(PosixSignalContext context)
{
    context.Cancel = true;
    interrupted.Cancel();
}
