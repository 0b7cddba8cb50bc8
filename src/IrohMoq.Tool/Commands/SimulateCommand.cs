using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary><c>moq simulate</c>: random programs on a swarm in memory, in virtual time.</summary>
/// <param name="simulate">Runs one program.</param>
internal sealed class SimulateCommand(Func<SimulationOptions, CancellationToken, SimulationResult> simulate)
{
    private static readonly TimeSpan BetweenProgress = TimeSpan.FromSeconds(1);

    private readonly Option<int> _seed =
        new("--seed") { Description = "The seed of all random numbers; the first seed of several runs. The default is 0." };
    private readonly Option<int?> _peers = new("--peers")
    {
        Description = $"The number of peers, {SimulationOptions.FewestPeers} to {SimulationOptions.MostPeers}. Without it the seed "
            + "decides.",
    };
    private readonly Option<int> _steps = new("--steps")
    {
        Description = "The number of steps of each program.", DefaultValueFactory = static _ => new SimulationOptions().Steps,
    };
    private readonly Option<int> _runs =
        new("--runs") { Description = "The number of seeds to run, one after the other.", DefaultValueFactory = static _ => 1 };
    private readonly Option<bool> _harsh = new("--harsh")
    {
        Description = "A harsh world: small windows, huge groups, and readers that are slow, pause, stop and break off. "
            + "What the readers receive is checked as well.",
    };
    private readonly Option<bool> _trace = new("--trace") { Description = "Prints every line of the trace." };
    private readonly Option<bool> _json =
        new("--json") { Description = "One JSON object per line on standard output, and nothing else there." };
    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;

    public static Command Create() => Create(Simulation.Run);

    public static Command Create(Func<SimulationOptions, CancellationToken, SimulationResult> simulate)
    {
        var simulation = new SimulateCommand(simulate);
        var command = new Command("simulate", "Runs random programs on a swarm in virtual time and checks what must hold.")
        {
            simulation._seed, simulation._peers, simulation._steps, simulation._runs, simulation._harsh, simulation._trace,
            simulation._json,
        };
        command.SetAction(simulation.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        using var output = Outputs.Choose(words.GetValue(_json), payloadOnStandardOutput: false);
        var isViolated = false;
        var code = await CommandRunner.RunAsync(output, Simulate, interrupted).ConfigureAwait(false);
        return code == ExitCode.Done && isViolated ? ExitCode.Failed : code;

        Task Simulate()
        {
            isViolated = !Run(words, output, interrupted);
            return Task.CompletedTask;
        }
    }

    /// <summary>Runs the seeds until all are done or one violates something, which is false.</summary>
    private bool Run(ParseResult words, IOutput output, CancellationToken interrupted)
    {
        var (seed, runs) = (words.GetValue(_seed), words.GetValue(_runs));
        var options = new SimulationOptions
        {
            Peers = words.GetValue(_peers),
            Steps = words.GetValue(_steps),
            Harsh = words.GetValue(_harsh),
            OnLine = words.GetValue(_trace) ? output.TraceLine : null,
        };
        if (options.Peers is < SimulationOptions.FewestPeers or > SimulationOptions.MostPeers)
            throw new UsageException($"--peers takes {SimulationOptions.FewestPeers} to {SimulationOptions.MostPeers}");
        if (options.Steps < 1)
            throw new UsageException("--steps takes 1 or more");
        if (runs < 1 || seed > int.MaxValue - runs + 1)
            throw new UsageException("--runs takes 1 or more, as many as there are seeds from --seed on");

        var total = new SimulationTotal(seed);
        using var hashes = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var reported = _runtime.GetTimestamp();
        while (total.Runs < runs)
        {
            var result = simulate(options with { Seed = seed + total.Runs }, interrupted);
            total = total.With(result);
            hashes.AppendData(Encoding.ASCII.GetBytes(result.TraceSha256));
            if (result.Violation is { } violation)
            {
                output.Violated(violation);
                break;
            }

            if (total.Runs == runs || _runtime.GetElapsedTime(reported) < BetweenProgress)
                continue;
            reported = _runtime.GetTimestamp();
            output.Simulating(total.Runs, runs);
        }

        output.Simulated(runs == 1 ? total : total with { TraceSha256 = Convert.ToHexStringLower(hashes.GetCurrentHash()) });
        return total.Violations == 0;
    }
}
