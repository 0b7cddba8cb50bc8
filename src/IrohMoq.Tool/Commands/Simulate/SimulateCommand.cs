using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Simulate;

/// <summary>Represents the command <c>moq simulate</c>, which runs random programs on in-memory peers, in virtual time.</summary>
/// <param name="simulate">The function that runs one program of a scenario.</param>
internal sealed class SimulateCommand(Func<SimulatedScenario, SimulationOptions, CancellationToken, SimulationResult> simulate)
{
    private static readonly TimeSpan BetweenProgress = TimeSpan.FromSeconds(1);

    private static readonly int DefaultSteps = new SimulationOptions().Steps;

    private readonly Option<int?> _seed = NumberOption.Create(
        "--seed", int.MinValue, int.MaxValue,
        "The seed of all random choices; with several runs the seed of the first. The default is 0.");

    private readonly Option<int?> _peers = NumberOption.Create(
        "--peers", ManagerOptions.MinPeers, ManagerOptions.MaxPeers,
        $"The number of peers, {ManagerOptions.MinPeers} to {ManagerOptions.MaxPeers}. By default the seed determines it.");

    private readonly Option<int?> _steps = NumberOption.Create(
        "--steps", 1, int.MaxValue, $"The number of steps of each program. The default is {DefaultSteps}.");

    private readonly Option<int?> _runs = NumberOption.Create(
        "--runs", 1, int.MaxValue, "The number of runs, each with the next seed. The default is 1.");

    private readonly Option<bool> _harsh = new("--harsh")
    {
        Description = "Uses small windows, large groups, and readers that are slow, pause, stop or cancel, and checks what they receive.",
    };

    private readonly Option<bool> _relays = new("--relays")
    {
        Description = "Runs publishers, relays and readers, with several ways to each broadcast, instead of peers that are all alike.",
    };

    private readonly Option<bool> _fronts = new("--fronts")
    {
        Description = "With --relays: a relay forwards what it reads by name over all its sessions, instead of what one session has.",
    };

    private readonly Option<bool> _trace = new("--trace") { Description = "Prints every line of the trace." };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Writes one JSON object per line to standard output, and nothing else.",
    };

    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;

    public static Command Create() => Create(static (scenario, program, cancellationToken) => scenario.Run(program, cancellationToken));

    public static Command Create(Func<SimulatedScenario, SimulationOptions, CancellationToken, SimulationResult> simulate)
    {
        var simulation = new SimulateCommand(simulate);
        var command = new Command("simulate", "Runs random programs on in-memory peers in virtual time and checks invariants.")
        {
            simulation._seed,
            simulation._peers,
            simulation._steps,
            simulation._runs,
            simulation._harsh,
            simulation._relays,
            simulation._fronts,
            simulation._trace,
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

    private SimulatedScenario ReadScenario(ParseResult words)
    {
        var (peers, isHarsh, isFronts) = (words.GetValue(_peers), words.GetValue(_harsh), words.GetValue(_fronts));
        if (!words.GetValue(_relays))
        {
            return isFronts
                ? throw new UsageException("--fronts is an option of --relays")
                : SimulatedScenario.OfManager(peers, isHarsh);
        }

        if (peers is not null || isHarsh)
            throw new UsageException("--relays cannot be combined with --peers or --harsh; the seed determines the number of peers");
        return SimulatedScenario.OfRelays(isFronts);
    }

    /// <summary>Runs a program for each seed, until the first violation of an invariant.</summary>
    /// <returns><see langword="true"/> if all invariants held; otherwise, <see langword="false"/>.</returns>
    private bool Run(ParseResult words, IOutput output, CancellationToken interrupted)
    {
        var (seed, runs) = (words.GetValue(_seed) ?? 0, words.GetValue(_runs) ?? 1);
        var program = new SimulationOptions
        {
            Steps = words.GetValue(_steps) ?? DefaultSteps,
            OnLine = words.GetValue(_trace) ? output.TraceLine : null,
        };
        var scenario = ReadScenario(words);
        if (seed > int.MaxValue - runs + 1)
            throw new UsageException($"--runs {runs} with --seed {seed} goes beyond the last seed, {int.MaxValue}");

        var total = new SimulationTotal(seed);
        using var hashes = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var lastProgress = _runtime.GetTimestamp();
        while (total.Runs < runs)
        {
            var result = simulate(scenario, program with { Seed = seed + total.Runs }, interrupted);
            total = total.With(result);
            hashes.AppendData(Encoding.ASCII.GetBytes(result.TraceSha256));
            if (result.Violation is { } violation)
            {
                output.Violated(
                    violation, scenario.PeersOf(violation.Seed), scenario.CommandOf(violation.Seed, violation.Steps));
                break;
            }

            if (total.Runs == runs || _runtime.GetElapsedTime(lastProgress) < BetweenProgress)
                continue;
            lastProgress = _runtime.GetTimestamp();
            output.Simulating(total.Runs, runs);
        }

        output.Simulated(runs == 1 ? total : total with { TraceSha256 = Convert.ToHexStringLower(hashes.GetCurrentHash()) });
        return total.Violations == 0;
    }
}
