using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace IrohMoq.Load.Endpoint;

/// <summary>
/// Measures what the endpoint costs: the CPU time, the system calls, the allocations and the forced switches of both ends, each in a
/// process of its own over loopback. The results support the design of the I/O thread and of the streams. Rates depend on the machine:
/// compare values of one round, or the CPU time of steady rounds.
/// </summary>
internal static class EndpointBench
{
    /// <summary>The parts, in the order in which they run.</summary>
    public static readonly EndpointPart[] Parts =
    [
        new BulkPart(), new ParallelPart(), new ShortStreamsPart(), new PingPart(), new ConnectPart(), new IdlePart(),
    ];

    private const string QuickOption = "--quick";
    private const string RoundsOption = "--rounds=";
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Runs the benchmark.</summary>
    /// <param name="arguments">
    /// The names of the parts, all if there is none; --quick for the form that is a test; --rounds=N for another number of rounds.
    /// </param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var isQuick = arguments.Contains(QuickOption);
        var names = arguments.Where(static argument => !argument.StartsWith('-')).ToArray();
        if (names.FirstOrDefault(static name => !Array.Exists(Parts, part => part.Name == name)) is { } unknown)
        {
            await Console.Error.WriteLineAsync(
                $"There is no part {unknown}. The parts are: {string.Join(", ", Parts.Select(static part => part.Name))}.");
            return 2;
        }

        var sizes = isQuick ? EndpointSizes.Quick : EndpointSizes.Full;
        if (arguments.FirstOrDefault(static argument => argument.StartsWith(RoundsOption, StringComparison.Ordinal)) is { } rounds)
            sizes = sizes with { Rounds = int.Parse(rounds[RoundsOption.Length..], CultureInfo.InvariantCulture) };
        var results = new Dictionary<string, object> { ["bench"] = "endpoint", ["quick"] = isQuick };
        var missed = new List<string>();
        if (isQuick)
            Console.WriteLine("The runs are too short for a measurement. They show only that the benchmark works.");
        foreach (var part in Parts.Where(part => names.Length == 0 || names.Contains(part.Name)))
        {
            var runner = new Rounds(() => Round.RunAsync(part, sizes));
            var measured = await runner.RunAsync(
                sizes.Rounds, sizes.MostReruns, (title, round) => Console.WriteLine($"{part.Name} {title}: {round}"));
            var off = measured.Count(static round => round.IsOff);
            var table = new Table(part.Name, part.Goals, measured);
            Console.WriteLine($"{part.Name}: {measured.Count} rounds, {off} of them off; aes packet {runner.Usual:0} ns in the median");
            table.Print(Console.Out);
            Console.WriteLine();
            results[part.Name] = new { rounds = measured.Count, off, aes_ns = Math.Round(runner.Usual), values = table.ToJson() };
            missed.AddRange(table.Missed());
        }

        results["missed"] = missed;
        Console.WriteLine(JsonSerializer.Serialize(results, Json));
        return 0;
    }
}
