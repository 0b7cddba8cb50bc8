using IrohMoq.Reactive.Testing;

namespace IrohMoq.Tool.Commands.Simulate;

/// <summary>Represents a scenario of the library with its options, of which <c>moq simulate</c> runs random programs.</summary>
/// <param name="Run">The function that runs one program.</param>
/// <param name="PeersOf">The function that returns the number of peers of a seed.</param>
/// <param name="Options">The options of the command that select the scenario.</param>
internal sealed record SimulatedScenario(
    Func<SimulationOptions, CancellationToken, SimulationResult> Run, Func<int, int> PeersOf, string Options)
{
    /// <summary>Returns the scenario that tests the manager of the library.</summary>
    /// <param name="peers">The number of peers, or null to derive it from the seed.</param>
    /// <param name="isHarsh">True for small windows, large groups and difficult readers.</param>
    public static SimulatedScenario OfManager(int? peers, bool isHarsh)
    {
        var options = new ManagerOptions { Peers = peers, Harsh = isHarsh };
        return new SimulatedScenario(
            (program, cancellationToken) => ManagerScenario.Run(options with { Simulation = program }, cancellationToken),
            seed => (options with { Simulation = new SimulationOptions { Seed = seed } }).PeersOrDrawn,
            $"{(isHarsh ? " --harsh" : "")}{(peers is { } count ? $" --peers {count}" : "")}");
    }

    /// <summary>Returns the scenario that tests broadcasts with several ways to them.</summary>
    /// <param name="forwardsFronts">True if a relay forwards what it reads by name over all its sessions.</param>
    public static SimulatedScenario OfRelays(bool forwardsFronts)
    {
        var options = new RelayOptions { ForwardsFronts = forwardsFronts };
        return new SimulatedScenario(
            (program, cancellationToken) => RelayScenario.Run(options with { Simulation = program }, cancellationToken),
            static seed => Swarm.Of(new Seed(seed)).Count,
            $" --relays{(forwardsFronts ? " --fronts" : "")}");
    }

    /// <summary>Returns the command that runs one program again.</summary>
    /// <param name="seed">The seed of the program.</param>
    /// <param name="steps">The number of its steps.</param>
    public string CommandOf(int seed, int steps) => $"moq simulate{Options} --seed {seed} --steps {steps}";
}
