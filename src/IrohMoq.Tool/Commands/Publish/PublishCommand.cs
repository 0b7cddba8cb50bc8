using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Tool.Commands.Publish;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Represents the command <c>moq publish</c>, which publishes a broadcast with one track from a file, standard input or a clock.
/// </summary>
internal sealed class PublishCommand
{
    private readonly CommonOptions _common = new();
    private readonly SourceOptions _source = new();
    private readonly PeerOptions _peer = new();

    private readonly Option<bool> _lossless = new("--lossless")
    {
        Description = "The input waits for the slowest subscriber, which receives all of it. The default for a file that --input names.",
    };

    private readonly Option<bool> _live = new("--live")
    {
        Description = "The input waits for no subscriber: old groups are dropped for a slow one. The default for everything but a file.",
    };

    private readonly Option<int?> _waitReaders = NumberOption.Create(
        "--wait-readers", 1, 4096, "Reads the input only when so many subscribers read at the same time. The default is 1.");

    private readonly Option<int?> _priority = NumberOption.Create(
        "--priority", 0, byte.MaxValue,
        "The priority among the tracks of this side that subscribers read with the same priority, when bandwidth is limited. The default "
        + "is 0.");

    private readonly Option<string?> _dial = new("--dial")
    {
        Description = "Dials a peer, for example a relay, by its ticket and announces the broadcast to it, instead of listening. "
            + "--id with --addr does the same.",
        HelpName = "TICKET",
    };

    private readonly Option<bool> _retry =
        new("--retry") { Description = "With --dial: waits for a peer that is not there yet, and dials again when the session has ended." };

    public static Command Create()
    {
        var publish = new PublishCommand();
        var command = new Command("publish", "Publishes a broadcast; prints the ticket that others dial.");
        publish._source.AddTo(command);
        command.Options.Add(publish._lossless);
        command.Options.Add(publish._live);
        command.Options.Add(publish._priority);
        command.Options.Add(publish._waitReaders);
        command.Options.Add(publish._dial);
        publish._peer.AddTo(command);
        command.Options.Add(publish._retry);
        publish._common.AddTo(command);
        command.SetAction(publish.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        using var output = Outputs.Choose(words.GetValue(_common.Json), payloadOnStandardOutput: false);
        return await CommandRunner.RunAsync(output, PublishAsync, interrupted).ConfigureAwait(false);

        async Task PublishAsync()
        {
            // Everything is checked before anything starts.
            _common.Check(words, ("--input", words.GetValue(_source.Input)));
            var peer = _peer.Read(words, words.GetValue(_dial), _dial.Name);
            if (words.GetValue(_retry) && peer is null)
                throw new UsageException("--retry needs a peer to dial: --dial TICKET, or --id ID with --addr HOST:PORT");
            if (peer is not null)
                _common.RefuseAdvertise(words, "when this side dials");
            if (words.GetValue(_lossless) && words.GetValue(_live))
                throw new UsageException("--lossless and --live exclude each other");
            var (open, isFile) = _source.Read(words);
            var run = new PublishRun(output, open)
            {
                Name = words.GetRequiredValue(_common.Name),
                Track = words.GetRequiredValue(_common.Track),
                Lossless = words.GetResult(_lossless) is { Implicit: false } ? words.GetValue(_lossless) : isFile && !words.GetValue(_live),
                Priority = (byte)(words.GetValue(_priority) ?? 0),
                Readers = words.GetValue(_waitReaders) ?? 1,
                Retry = words.GetValue(_retry),
            };
            using var loggers = Logs.Create(words.GetValue(_common.Verbose));
            var endpoint = await _common.CreateEndpointAsync(words, loggers, interrupted).ConfigureAwait(false);
            await using var endpointEnds = endpoint.ConfigureAwait(false);
            var options = _common.ReadMoqOptions(words, loggers);
            if (peer is null)
            {
                await run.ServeAsync(Moq.Serve(endpoint, options), _common.AddressOf(words, endpoint), interrupted).ConfigureAwait(false);
                return;
            }

            await run.DialAsync(new Moq(endpoint, options), peer, interrupted).ConfigureAwait(false);
        }
    }
}
