namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Runs random programs on a swarm in memory and in virtual time: peers dial, meet, publish, write, subscribe, close, are cut off, killed and started again, all by one seed. What must hold at any time (the order of
/// what observers are told, frames, waits) is checked as it happens and after every step; what holds when all is quiet (one session for a pair, everything visible, no leak) once everything is healed and has settled; then all shut down, and nothing may be left.
/// </summary>
public static class Simulation
{
    /// <summary>Runs a program on this thread, in virtual time. Any number may run at once on threads of their own; they share nothing.</summary>
    /// <param name="options">The seed and the world.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    /// <returns>What happened, and what did not hold.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static SimulationResult Run(SimulationOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var count = options.PeersOrDrawn;
        var peers = Enumerable.Range(0, count).ToArray();
        var program = ProgramWriter.Write(new Seed(options.Seed), count, options.Steps, options.Pause, options.Harsh);
        var world = World.Run(options, program, peers, isWatched: true, cancellationToken);
        var (journal, trace) = (world.Journal, world.Network.Trace);
        return new SimulationResult
        {
            Seed = options.Seed,
            Peers = count,
            Steps = Math.Min(journal.Step, program.Length),
            Events = journal.Events,
            Lines = trace.Count,
            Elapsed = trace.Elapsed,
            TraceSha256 = trace.Sha256,
            Counts = journal.Counts,
            Violation = journal.Found is { } found ? Report(options, program, peers, world, found, cancellationToken) : null,
        };
    }

    private static SimulationViolation Report(SimulationOptions options, ProgramStep[] program, int[] peers, World world, Journal.Finding found, CancellationToken cancellationToken)
    {
        var smallest = (options.Shrinks ? Shrinker.Shrink(options, program, found, peers, cancellationToken) : null) ?? (program[..Math.Min(found.Step, program.Length)], world);
        return new SimulationViolation
        {
            Seed = options.Seed,
            Peers = peers.Length,
            Steps = program.Length,
            Step = found.Step,
            Time = found.Time,
            Invariant = found.Invariant.Name,
            Expected = found.Expected,
            Seen = found.Seen,
            Program = [.. smallest.Program.Select(static step => step.ToString())],
            LastLines = smallest.World.Journal.Found!.LastLines,
        };
    }
}
