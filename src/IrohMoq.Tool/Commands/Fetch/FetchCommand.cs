using System.CommandLine;
using System.Globalization;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Commands.Fetch;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands;

/// <summary>Represents the command <c>moq fetch</c>, which reads one group of a track.</summary>
internal sealed class FetchCommand
{
    private const string Latest = "latest";

    private readonly DialOptions _peer = new(10, "to reach the peer, to find the broadcast, and until the group begins to arrive");
    private readonly Option<FetchedNumber> _group = CreateGroup();
    private readonly Option<string?> _output = new("--output")
    {
        Description = "Writes the payloads to a file, or with - to standard output, which is the default without --json.",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var fetch = new FetchCommand();
        var command = new Command("fetch", "Reads one group of a track, without the others.");
        command.Options.Add(fetch._group);
        command.Options.Add(fetch._output);
        fetch._peer.Common.AddTrackTo(command);
        fetch._peer.AddTo(command);
        command.SetAction(fetch.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        var common = _peer.Common;
        var isJson = words.GetValue(common.Json);
        var path = words.GetValue(_output) ?? (isJson ? null : "-");
        using var output = Outputs.Choose(isJson, payloadOnStandardOutput: path == "-");
        return await CommandRunner.RunAsync(output, FetchAsync, interrupted).ConfigureAwait(false);

        async Task FetchAsync()
        {
            // Everything is checked before anything starts.
            if (isJson && path == "-")
                throw new UsageException("--json and --output - both want standard output; give one of them a file");
            common.Check(words, ("--output", path), ("the .part file of --output", OutputFile.PartPathOrNull(path)));
            var peer = _peer.ReadPeer(words);
            using var payloads = PayloadTarget.Create(path);
            var run = new FetchRun(output, payloads, ThreadPoolRuntime.Instance)
            {
                Name = words.GetRequiredValue(common.Name),
                Track = words.GetRequiredValue(common.Track),
                Group = words.GetValue(_group).Sequence,
                Timeout = _peer.ReadTimeout(words),
            };
            using var loggers = Logs.Create(words.GetValue(common.Verbose));
            var endpoint = await common.CreateEndpointAsync(words, loggers, interrupted, run.Timeout).ConfigureAwait(false);
            await using var endpointEnds = endpoint.ConfigureAwait(false);
            await run.RunAsync(new Moq(endpoint, common.ReadMoqOptions(words, loggers)), peer, interrupted).ConfigureAwait(false);
        }
    }

    private static Option<FetchedNumber> CreateGroup()
    {
        var option = new Option<FetchedNumber>("--group")
        {
            Description = $"The number of the group, or {Latest} for the newest one.",
            HelpName = $"number|{Latest}",
            Required = true,
            CustomParser = static result =>
            {
                var text = result.Tokens[0].Value;
                if (text == Latest)
                    return default;
                if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number <= TrackProducer.MaxSequence)
                    return new FetchedNumber(number);
                result.AddError($"--group takes a number from 0 to {TrackProducer.MaxSequence}, or {Latest}, not '{text}'");
                return default;
            },
        };
        option.CompletionSources.Add(Latest);
        return option;
    }

    /// <summary>Represents the value of the option <c>--group</c>.</summary>
    /// <param name="Sequence">The number of the group, or null for the newest one.</param>
    private readonly record struct FetchedNumber(ulong? Sequence);
}
