using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Files;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands;

/// <summary>Represents the command <c>moq receive</c>, which receives the files of a <c>moq send</c>.</summary>
internal sealed class ReceiveCommand
{
    private readonly DialOptions _peer = new(30, "to reach the peer and to read its list of files");
    private readonly Option<string> _to =
        new("--to")
        {
            Description = "The folder to write to; created if it is missing. The default is the current folder.",
            DefaultValueFactory = _ => ".",
        };
    private readonly Option<bool> _force = new("--force") { Description = "Replaces existing files that differ." };
    private readonly Option<bool> _hidden = new("--hidden")
    {
        Description = "Receives files and folders with hidden names, such as .bashrc, also into the current folder. "
            + "With --to this option is not needed.",
    };
    private readonly Option<bool> _retry =
        new("--retry") { Description = "Dials again when the sender cannot be reached or the connection is lost, until interrupted." };
    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;

    private static TimeSpan MaxPause { get; } = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var receive = new ReceiveCommand();
        var command = new Command("receive", "Receives the files of 'moq send'; continues where an earlier run has stopped.")
        {
            receive._to, receive._hidden, receive._force, receive._retry,
        };
        receive._peer.AddTo(command);
        command.SetAction(receive.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        using var output = Outputs.Choose(words.GetValue(_peer.Common.Json), payloadOnStandardOutput: false);
        return await CommandRunner.RunAsync(output, () => ReceiveAsync(words, output, interrupted), interrupted).ConfigureAwait(false);
    }

    private async Task ReceiveAsync(ParseResult words, IOutput output, CancellationToken interrupted)
    {
        var sender = _peer.ReadPeer(words);
        var time = _peer.ReadTimeout(words);
        if (words.GetValue(_to) is not { Length: > 0 } folder)
            throw new UsageException("--to takes the path of a folder; it is empty");
        using var loggers = Logs.Create(words.GetValue(_peer.Common.Verbose));
        var endpoint = await _peer.Common.CreateEndpointAsync(words, loggers, interrupted, time).ConfigureAwait(false);
        await using var endpointEnds = endpoint.ConfigureAwait(false);
        var moq = new Moq(endpoint, _peer.Common.ReadMoqOptions(words, loggers));
        // Disposed after the manager, whose shutdown closes the session and so causes the last event.
        var sessions = new OpenSessions(moq, output, _runtime);
        await using var sessionsEnd = sessions.ConfigureAwait(false);
        using var closing = interrupted.UnsafeRegister(static open => ((OpenSessions)open!).CloseAll(), sessions);
        await using var moqEnds = moq.ConfigureAwait(false);

        // A hidden file of the current folder, such as .bashrc in a home folder, may be one that another program executes.
        var acceptsHidden = words.GetValue(_hidden) || words.GetResult(_to) is { Implicit: false };
        var key = words.GetValue(_peer.Common.Key.File) is { } path ? FileStatus.TryGet(path, follow: true) : null;
        var target = new TargetFolder(folder) { AcceptsHidden = acceptsHidden, Protected = key };
        var pause = TimeSpan.FromSeconds(1);
        while (true)
        {
            var receiver = new FileReceiver(target, words.GetValue(_force), output, _runtime);
            try
            {
                await ReceiveOnceAsync(moq, sender, receiver, output, time, interrupted).ConfigureAwait(false);
                return;
            }
            catch (Exception failure) when (words.GetValue(_retry) && IsTransient(failure))
            {
                // What is transferred shows that the peer could be reached.
                if (receiver.Progress is { Transferred: > 0 })
                    pause = TimeSpan.FromSeconds(1);
                output.Report(new RetriedTransfer(TerminalText.Escape(failure.Message), pause));
            }
            catch (MoqException failure) when (receiver.Progress is { } progress && IsTransient(failure))
            {
                throw new MoqException(
                    failure.Code,
                    $"the connection was lost when {ByteSize.Format(progress.Done)} of {ByteSize.Format(progress.Total)} were here: "
                    + $"{TerminalText.Escape(failure.Message)} Run the same command again to continue.",
                    failure.IsRemote,
                    failure);
            }

            await _runtime.DelayAsync(pause, interrupted).ConfigureAwait(false);
            pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
        }
    }

    private async Task ReceiveOnceAsync(
        Moq moq, Peer sender, FileReceiver receiver, IOutput output, TimeSpan time, CancellationToken interrupted)
    {
        var from = _runtime.GetTimestamp();
        MoqSession session;
        var note = new WaitNote(output, _runtime, () => $"dialing {sender.Id.ToShortString()}");
        await using (note.ConfigureAwait(false))
            session = await Dialing.ConnectAsync(moq, sender, time, _runtime, interrupted).ConfigureAwait(false);
        await using var sessionEnds = session.ConfigureAwait(false);
        try
        {
            await receiver.RunAsync(session, time, time - _runtime.GetElapsedTime(from), interrupted).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is TransferException or TimeoutException or MoqException)
        {
            var end = failure is MoqException
                ? await SessionOfFailure.WaitForEndAsync(session, _runtime, interrupted).ConfigureAwait(false)
                : null;
            // The sender serves a session once: the next attempt needs another session.
            session.Close(failure is TransferException ? MoqErrorCode.ProtocolViolation : MoqErrorCode.Cancel, failure.Message);
            // The peer may have closed it before.
            var closed = await session.Closed.WaitAsync(interrupted).ConfigureAwait(false);
            if (closed.IsRefused)
                throw new RefusedException(sender, closed);
            if (end is null)
                throw;
            throw new MoqException(
                end.Code, $"the session with {sender.Id.ToShortString()} has ended: {SessionEnd.Describe(end)}.", end.IsRemote, failure);
        }
    }

    private static bool IsTransient(Exception failure) =>
        failure is TimeoutException or UnresolvedHostException
        || (failure is MoqException && failure is not (RefusedException or MoqConnectException { IsTransient: false }));
}
