using System.CommandLine;
using System.Globalization;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Defines the options for which groups are read, and in which order.</summary>
internal sealed class ReadingOptions
{
    private const string Latest = "latest";
    private const string Oldest = "oldest";

    /// <summary>The maximum of <c>--max-latency</c>, a day.</summary>
    private const int MaxLatencyMs = 24 * 3600 * 1000;

    private readonly Option<GroupStart> _start = CreateStart();

    private readonly Option<GroupOrder?> _order = ChoiceOption.Create(
        "--order",
        "The order of the groups: by their numbers (sequence, the default), as they arrive (arrival), or only the newest one each time "
        + "(newest).",
        ("sequence", GroupOrder.Sequence),
        ("arrival", GroupOrder.Arrival),
        ("newest", GroupOrder.Newest));

    private readonly Option<int?> _maxLatency = NumberOption.Create(
        "--max-latency", 0, MaxLatencyMs,
        "Milliseconds by which a group may be older than the newest one; older groups are skipped. Without it none is skipped that the "
        + "publisher still keeps.");

    private readonly Option<int?> _priority = NumberOption.Create(
        "--priority", 0, byte.MaxValue,
        "The priority among the tracks that this side reads over one session, when bandwidth is limited. The default is 0.");

    public void AddTo(Command command)
    {
        command.Options.Add(_start);
        command.Options.Add(_order);
        command.Options.Add(_maxLatency);
        command.Options.Add(_priority);
    }

    /// <summary>Returns the options of the reader.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="isFile">True if the payloads go to a file, which is replaced only if all groups have arrived.</param>
    /// <exception cref="UsageException">The options contradict each other.</exception>
    public SubscribeOptions Read(ParseResult words, bool isFile)
    {
        var order = words.GetValue(_order) ?? GroupOrder.Sequence;
        if (order == GroupOrder.Newest && words.GetValue(_maxLatency) is not null)
            throw new UsageException("--max-latency has no meaning with --order newest, which reads the newest group only");
        if (order == GroupOrder.Newest && isFile)
        {
            throw new UsageException(
                "--order newest leaves groups out, and --output FILE replaces the file only with all of them; use --output - instead");
        }

        return new SubscribeOptions
        {
            Order = order,
            Start = words.GetValue(_start),
            MaxLatency = words.GetValue(_maxLatency) is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            Priority = (byte)(words.GetValue(_priority) ?? 0),
        };
    }

    private static Option<GroupStart> CreateStart()
    {
        var option = new Option<GroupStart>("--start")
        {
            Description = $"The first group: the newest one ({Latest}, the default), the oldest one that the publisher keeps ({Oldest}), "
                + "or the one with a number or the first one after it.",
            HelpName = $"number|{Latest}|{Oldest}",
            CustomParser = static result =>
            {
                var text = result.Tokens[0].Value;
                if (text == Latest)
                    return GroupStart.Latest;
                if (text == Oldest)
                    return GroupStart.Oldest;
                if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number <= TrackProducer.MaxSequence)
                    return GroupStart.From(number);
                result.AddError(
                    $"--start takes a group number from 0 to {TrackProducer.MaxSequence}, {Latest} or {Oldest}, not '{text}'");
                return default;
            },
        };
        option.CompletionSources.Add(Latest, Oldest);
        return option;
    }
}
