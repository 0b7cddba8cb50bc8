using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Files;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands;

/// <summary>Represents the command <c>moq send</c>, which offers files and folders to receivers.</summary>
internal sealed class SendCommand
{
    private readonly CommonOptions _common = new();
    private readonly Argument<string[]> _files =
        new("file") { Description = "The files and folders to send.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _once =
        new("--once") { Description = "Exits when one receiver has every file. Without it, the command serves until it is interrupted." };
    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;

    public static Command Create()
    {
        var send = new SendCommand();
        var command = new Command("send", "Sends files and folders; prints the command that receives them.")
        {
            send._files, send._once,
        };
        send._common.AddEndpointTo(command, hasTicket: true);
        command.SetAction(send.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        using var output = Outputs.Choose(words.GetValue(_common.Json), payloadOnStandardOutput: false);
        return await CommandRunner.RunAsync(output, () => SendAsync(words, output, interrupted), interrupted).ConfigureAwait(false);
    }

    private async Task SendAsync(ParseResult words, IOutput output, CancellationToken interrupted)
    {
        // Before the files are searched, which may take long.
        _common.CheckEndpoint(words);
        var files = await SourceScan.FindAsync(words.GetRequiredValue(_files), output, _runtime, interrupted).ConfigureAwait(false);
        RefuseKey(files, words.GetValue(_common.Key.File));
        var manifest = new Manifest([.. files.Select(static file => file.Entry)]);
        using var loggers = Logs.Create(words.GetValue(_common.Verbose));
        var endpoint = await _common.CreateEndpointAsync(words, loggers, interrupted).ConfigureAwait(false);
        await using var endpointEnds = endpoint.ConfigureAwait(false);
        var moq = Moq.Serve(endpoint, _common.ReadMoqOptions(words, loggers));
        // Disposed after the manager, whose shutdown closes the sessions and so causes the last events.
        var sessions = new OpenSessions(moq, output, _runtime);
        await using var sessionsEnd = sessions.ConfigureAwait(false);
        using var closing = interrupted.UnsafeRegister(static open => ((OpenSessions)open!).CloseAll(), sessions);
        await using var moqEnds = moq.ConfigureAwait(false);

        var sender = new FileSender(files, manifest, output, _runtime);
        using var offer = sender.Publish(moq);
        var address = _common.AddressOf(words, endpoint);
        output.Listening(address);
        output.Report(new OfferedFiles(manifest, new EndpointTicket(address).ToString()));
        await sender.RunAsync(moq, words.GetValue(_once), interrupted).ConfigureAwait(false);
    }

    /// <summary>Throws an exception if the key file, which must remain secret, is among the files, whatever its name is there.</summary>
    private static void RefuseKey(IReadOnlyList<SourceFile> files, string? key)
    {
        if (key is null || FileStatus.TryGet(key, follow: true) is not { } status)
            return;
        if (files.FirstOrDefault(file => file.Status.IsSameFile(status)) is { } secret)
        {
            throw new UsageException(
                $"'{TerminalText.Escape(secret.Entry.Path)}' is the file of --secret-key, which must remain secret; "
                + "move it out of what is sent");
        }
    }
}
