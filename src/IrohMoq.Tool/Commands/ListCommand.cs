using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Represents the command <c>moq ls</c>, which lists the broadcasts that a peer announces.</summary>
internal sealed class ListCommand
{
    private readonly DialOptions _peer = new(10, "to reach the peer and to list what it announces");
    private readonly Option<string?> _prefix =
        new("--prefix") { Description = "Lists only the broadcast with this name and those below it, for example studio." };
    private readonly Option<bool> _follow =
        new("--follow") { Description = "Continues with the changes: + NAME for a broadcast that begins, - NAME for one that ends." };
    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;

    public static Command Create()
    {
        var list = new ListCommand();
        var command = new Command("ls", "Lists the broadcasts that a peer announces.") { list._prefix, list._follow };
        list._peer.AddTo(command);
        command.SetAction(list.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        using var output = Outputs.Choose(words.GetValue(_peer.Common.Json), payloadOnStandardOutput: false);
        return await CommandRunner.RunAsync(output, () => ListAsync(words, output, interrupted), interrupted).ConfigureAwait(false);
    }

    private async Task ListAsync(ParseResult words, IOutput output, CancellationToken interrupted)
    {
        var peer = _peer.ReadPeer(words);
        var time = _peer.ReadTimeout(words);
        if (!BroadcastPath.TryParse(words.GetValue(_prefix) ?? "", out var prefix))
            throw new UsageException("--prefix takes the name of a broadcast, of at most 32 segments and 4096 bytes");

        using var loggers = Logs.Create(words.GetValue(_peer.Common.Verbose));
        var endpoint = await _peer.Common.CreateEndpointAsync(words, loggers, interrupted, time).ConfigureAwait(false);
        await using var endpointEnds = endpoint.ConfigureAwait(false);
        var moq = new Moq(endpoint, new MoqOptions { LoggerFactory = loggers });
        await using var moqEnds = moq.ConfigureAwait(false);
        var from = _runtime.GetTimestamp();
        var session = await Dialing.ConnectAsync(moq, peer, time, _runtime, interrupted).ConfigureAwait(false);

        var list = new AnnouncedList(session, prefix, _runtime, interrupted);
        await using var listEnds = list.ConfigureAwait(false);
        var current = await list.ReadCurrentAsync(time - _runtime.GetElapsedTime(from)).ConfigureAwait(false);
        foreach (var path in current)
            output.Report(new ListedBroadcast(path, IsActive: true, IsChange: false));
        if (list.IsCut)
            output.Note($"the announcements of the peer kept changing for {time.TotalSeconds} s (--timeout); this is the list at the end");
        if (words.GetValue(_follow))
            await list.FollowAsync(output).ConfigureAwait(false);
        if (session.Closed.IsCompleted && await session.Closed.ConfigureAwait(false) is { Code.Value: not 0 } closed)
        {
            throw new MoqSessionClosedException(
                closed.Code, $"the session ended: {TerminalText.Escape(closed.Reason)}", closed.IsRemote);
        }

        if (current.Count == 0 && !words.GetValue(_follow) && !words.GetValue(_peer.Common.Json))
            await Console.Error.WriteLineAsync(NoBroadcasts(prefix)).ConfigureAwait(false);
    }

    private static string NoBroadcasts(BroadcastPath prefix) => prefix.IsEmpty
        ? "moq: the peer announces no broadcasts"
        : $"moq: the peer announces no broadcasts below '{TerminalText.Escape(prefix.ToString())}'";
}
