using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Tool.Commands.Subscribe;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands;

/// <summary>Represents the command <c>moq subscribe</c>, which reads one track of a broadcast to its end.</summary>
internal sealed class SubscribeCommand
{
    private static readonly TimeSpan LongestHandshake = TimeSpan.FromDays(1);
    private static readonly TimeSpan DefaultHandshake = IrohEndpointOptions.Default.HandshakeTimeout;

    private readonly CommonOptions _common = new();
    private readonly PeerOptions _peer = new();
    private readonly ReadingOptions _reading = new();
    private readonly Argument<string?> _ticket = new("ticket") { Description = "The publisher's ticket.", Arity = ArgumentArity.ZeroOrOne };

    private readonly Option<bool> _listen =
        new("--listen") { Description = "Prints a ticket and reads from the first peer that dials and announces the broadcast." };

    private readonly Option<string?> _output =
        new("--output") { Description = "Writes the payloads to a file, or with - to standard output.", HelpName = "FILE" };

    private readonly Option<TimeSpan?> _timeout = NumberOption.CreateSeconds(
        "--timeout", "Seconds until the reading begins: to open FIFOs, to dial, and to find the broadcast.");

    private readonly Option<TimeSpan?> _idleTimeout = NumberOption.CreateSeconds(
        "--idle-timeout", "Fails when nothing has arrived for so many seconds, while the output has room and the process runs.");

    private readonly Option<bool> _retry = new("--retry")
    {
        Description = "Waits for a publisher that is not there yet, and goes on when it comes back: with the newest group or, with "
            + "--start, with the first one that is missing and still kept.",
    };

    public static Command Create()
    {
        var subscribe = new SubscribeCommand();
        var command = new Command("subscribe", "Waits for a broadcast and reads one of its tracks.") { subscribe._ticket };
        subscribe._peer.AddTo(command);
        command.Options.Add(subscribe._listen);
        command.Options.Add(subscribe._output);
        subscribe._reading.AddTo(command);
        command.Options.Add(subscribe._timeout);
        command.Options.Add(subscribe._idleTimeout);
        command.Options.Add(subscribe._retry);
        subscribe._common.AddTo(command);
        command.SetAction(subscribe.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        using var output = Outputs.Choose(words.GetValue(_common.Json), payloadOnStandardOutput: words.GetValue(_output) == "-");
        return await CommandRunner.RunAsync(output, SubscribeAsync, interrupted).ConfigureAwait(false);

        async Task SubscribeAsync()
        {
            // Everything is checked before anything starts.
            var path = words.GetValue(_output);
            if (words.GetValue(_common.Json) && path == "-")
                throw new UsageException("--json and --output - both want standard output; give one of them a file");
            _common.Check(words, ("--output", path), ("the .part file of --output", OutputFile.PartPathOrNull(path)));
            var peer = ReadPeer(words);
            if (peer is not null)
                _common.RefuseAdvertise(words, "without --listen");
            var reading = _reading.Read(words, isFile: OutputFile.PartPathOrNull(path) is not null);
            using var payloads = PayloadTarget.Create(path);
            var run = new SubscribeRun(output, payloads)
            {
                Name = words.GetRequiredValue(_common.Name),
                Track = words.GetRequiredValue(_common.Track),
                Reading = reading,
                Timeout = words.GetValue(_timeout),
                IdleTimeout = words.GetValue(_idleTimeout),
                Retry = words.GetValue(_retry),
            };
            using var loggers = Logs.Create(words.GetValue(_common.Verbose));
            var endpoint = await _common
                .CreateEndpointAsync(words, loggers, interrupted, run.Timeout, Handshake(words)).ConfigureAwait(false);
            await using var endpointEnds = endpoint.ConfigureAwait(false);
            var options = _common.ReadMoqOptions(words, loggers);
            if (words.GetValue(_timeout) is { } time)
                options = options with { DialTimeout = time };
            if (peer is not null)
            {
                var dialing = new Moq(endpoint, options);
                var publisher = new DialedPublisher(dialing, peer, run.Name, run.Retry, output);
                await run.RunAsync(dialing, publisher, interrupted).ConfigureAwait(false);
                return;
            }

            var moq = Moq.Serve(endpoint, options);
            output.Listening(_common.AddressOf(words, endpoint));
            await run.RunAsync(moq, new ListeningPublisher(moq, run.Name), interrupted).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the peer to dial, or null to listen.</summary>
    private Peer? ReadPeer(ParseResult words)
    {
        var peer = _peer.Read(words, words.GetValue(_ticket));
        return peer is null == words.GetValue(_listen)
            ? peer
            : throw new UsageException(
                peer is null
                    ? "name the peer by its ticket, or by --id ID together with --addr HOST:PORT, or use --listen"
                    : "--listen waits for peers that dial: it cannot be combined with a peer to dial");
    }

    /// <summary>Returns the time for a handshake if the time for all is longer than the default.</summary>
    private TimeSpan? Handshake(ParseResult words) => words.GetValue(_timeout) is not { } time || time <= DefaultHandshake ? null
        : time < LongestHandshake ? time : LongestHandshake;
}
