using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Represents the command <c>moq subscribe</c>, which reads one track of a broadcast to its end.</summary>
internal sealed class SubscribeCommand
{
    private readonly CommonOptions _common = new();
    private readonly Argument<string?> _ticket = new("ticket") { Description = "The publisher's ticket.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _id = new("--id") { Description = "The publisher's endpoint id, instead of a ticket." };
    private readonly Option<string?> _addr = new("--addr") { Description = "IP:PORT of the publisher, together with --id." };
    private readonly Option<string?> _output =
        new("--output") { Description = "Writes the payloads to a file, or with - to standard output." };
    private readonly Option<double?> _timeout =
        new("--timeout") { Description = "Seconds for the dial and the wait for the broadcast; not for the reading." };
    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;

    public static Command Create()
    {
        var subscribe = new SubscribeCommand();
        var command = new Command("subscribe", "Waits for a broadcast and reads one of its tracks.")
        {
            subscribe._ticket, subscribe._id, subscribe._addr, subscribe._output, subscribe._timeout,
        };
        subscribe._common.AddTo(command);
        command.SetAction(subscribe.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        IOutput output;
        try
        {
            output = Outputs.Choose(words.GetValue(_common.Json), payloadOnStandardOutput: words.GetValue(_output) == "-");
        }
        catch (UsageException wrong)
        {
            await Console.Error.WriteLineAsync($"moq: {wrong.Message}").ConfigureAwait(false);
            return ExitCode.BadUsage;
        }

        using (output)
            return await CommandRunner.RunAsync(output, () => SubscribeAsync(words, output, interrupted), interrupted)
                .ConfigureAwait(false);
    }

    private async Task SubscribeAsync(ParseResult words, IOutput output, CancellationToken interrupted)
    {
        var publisher = Publisher(words);
        var name = words.GetRequiredValue(_common.Name);
        var trackName = words.GetRequiredValue(_common.Track);
        if (words.GetValue(_timeout) is <= 0)
            throw new UsageException("--timeout takes seconds, more than 0");

        using var loggers = Logs.Create(words.GetValue(_common.Verbose));
        using var payloads = OpenOutput(words);
        var endpoint = await _common.CreateEndpointAsync(words, loggers, interrupted).ConfigureAwait(false);
        await using var endpointEnds = endpoint.ConfigureAwait(false);
        var moq = new Moq(endpoint, new MoqOptions { LoggerFactory = loggers });
        // Disposed after the manager, whose shutdown closes the session and so causes the last event.
        var closures = new DrainedSubscription<SessionClosed>(moq.SessionClosures(), output.Closed, _runtime);
        await using var closuresEnd = closures.ConfigureAwait(false);
        await using var moqEnds = moq.ConfigureAwait(false);

        BroadcastConsumer broadcast;
        var time = words.GetValue(_timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan;
        using (var limit = _runtime.Limit(time, interrupted))
        {
            var step = $"dialing {publisher.Id.ToShortString()}";
            try
            {
                var session = await moq.ConnectAsync(publisher, limit.Token).ConfigureAwait(false);
                output.Connected(session.RemoteId, session.Protocol);
                step = $"waiting for the broadcast '{name}' to be announced";
                broadcast = await session.SubscribeAsync(name, limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException expired) when (limit.IsExpired)
            {
                throw new TimeoutException($"timed out after {words.GetValue(_timeout)} s while {step}", expired);
            }
        }

        await using var broadcastEnds = broadcast.ConfigureAwait(false);
        output.Announced(name);
        var meter = new TrafficMeter(name, trackName, _runtime);
        var ticker = new ProgressTicker(meter, output, _runtime);
        await using (ticker.ConfigureAwait(false))
        {
            var writer = new TrackWriter(broadcast.Track(trackName), meter, payloads, _runtime);
            await writer.ReadAsync(() => output.Subscribed(name, trackName), interrupted).ConfigureAwait(false);
        }

        output.Ended(meter.Read());
    }

    private EndpointAddr Publisher(ParseResult words)
    {
        var ticket = words.GetValue(_ticket);
        var id = words.GetValue(_id);
        var addr = words.GetValue(_addr);
        if ((ticket is null) == (id is null) || (id is null) != (addr is null))
            throw new UsageException("name the publisher by its ticket, or by --id ID together with --addr IP:PORT");
        try
        {
            return ticket is not null
                ? EndpointTicket.Parse(ticket).Address
                : new EndpointAddr(EndpointId.Parse(id!), CommonOptions.ParseAddress("--addr", addr!));
        }
        catch (FormatException wrong)
        {
            throw new UsageException(wrong.Message);
        }
    }

    private Stream? OpenOutput(ParseResult words) => words.GetValue(_output) switch
    {
        null => null,
        "-" => Console.OpenStandardOutput(),
        var path => new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 20),
    };
}
