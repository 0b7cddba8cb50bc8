namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Runs random programs of a <see cref="SimulationScenario"/> in memory and in virtual time, checks the invariants of the scenario, and
/// shrinks a program that violates an invariant.
/// </summary>
public static class Simulation
{
    /// <summary>
    /// Generates a random program from the seed and runs it on the calling thread, in virtual time. The same scenario and options result in
    /// the same trace in every process. Several simulations can run concurrently on different threads.
    /// </summary>
    /// <param name="scenario">
    /// The function that creates the scenario. It is called once for each run of a program: after a violation, many shorter programs are
    /// run.
    /// </param>
    /// <param name="options">The seed and the length of the program; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">The token that cancels the simulation between two steps.</param>
    /// <returns>The result: the hash of the trace, the number of events of each kind, and the violation if there was one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range. The message contains its name.</exception>
    /// <exception cref="InvalidOperationException">The scenario has no actions.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static SimulationResult Run(
        Func<SimulationScenario> scenario, SimulationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        options ??= new SimulationOptions();
        options.Validate();
        var first = scenario();
        var program = first.CreateProgram(options);
        SimulationRun.Run(first, options, program, cancellationToken);
        var (log, trace) = (first.Log, first.Network.Trace);
        return new SimulationResult
        {
            Scenario = first.ToString(),
            Seed = options.Seed,
            Steps = Math.Min(log.Step, program.Length),
            Lines = trace.Count,
            Elapsed = trace.Elapsed,
            TraceSha256 = trace.Sha256,
            Counts = log.Counts,
            Invariants = first.Invariants,
            Violation = log.Found is null ? null : Shrink(scenario, options, program, first, cancellationToken),
        };
    }

    private static SimulationViolation Shrink(
        Func<SimulationScenario> scenario,
        SimulationOptions options,
        ProgramStep[] program,
        SimulationScenario run,
        CancellationToken cancellationToken)
    {
        var found = run.Log.Found!;
        var shrunk = options.Shrink ? SimulationShrinker.Shrink(scenario, options, program, found, cancellationToken) : null;
        var (steps, lines) = shrunk ?? (program[..Math.Min(found.Step, program.Length)], found.LastLines);
        return new SimulationViolation
        {
            Scenario = run.ToString(),
            Seed = options.Seed,
            Steps = program.Length,
            Step = found.Step,
            Time = found.Time,
            Invariant = found.Invariant,
            Expected = found.Expected,
            Seen = found.Seen,
            Program = [.. steps.Select(static step => step.ToString())],
            LastLines = lines,
        };
    }
}
