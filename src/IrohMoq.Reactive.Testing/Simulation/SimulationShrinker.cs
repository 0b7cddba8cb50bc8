namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Searches for a shorter program that violates the same invariant: first removes the steps after the violation, then removes other parts
/// of the program, large parts first.
/// </summary>
internal static class SimulationShrinker
{
    private const int MaxRuns = 200;

    /// <summary>Shrinks a program that violates an invariant.</summary>
    /// <param name="scenario">The function that creates the scenario of each run.</param>
    /// <param name="options">The options of the simulation.</param>
    /// <param name="program">A program that violates an invariant.</param>
    /// <param name="found">The violation.</param>
    /// <param name="cancellationToken">The token that cancels the search.</param>
    /// <returns>
    /// The shortest violating program that was found, with the last lines of its trace; null if the violation cannot be reproduced.
    /// </returns>
    public static (ProgramStep[] Program, IReadOnlyList<string> LastLines)? Shrink(
        Func<SimulationScenario> scenario,
        SimulationOptions options,
        ProgramStep[] program,
        SimulationLog.Finding found,
        CancellationToken cancellationToken)
    {
        var runs = 0;
        (ProgramStep[] Program, IReadOnlyList<string> LastLines)? shortest = null;
        if (!Tries([.. program.Take(found.Step)]) && !Tries(program))
            return null;
        for (var part = Math.Max(shortest!.Value.Program.Length / 2, 1); ; part = Math.Max(part / 2, 1))
        {
            var isShorter = false;
            for (var from = 0; from < shortest.Value.Program.Length && runs < MaxRuns;)
            {
                var current = shortest.Value.Program;
                if (Tries([.. current.Take(from), .. current.Skip(from + part)]))
                    isShorter = true;
                else
                    from += part;
            }

            if (runs >= MaxRuns || (part == 1 && !isShorter))
                return shortest;
        }

        bool Tries(ProgramStep[] candidate)
        {
            runs++;
            var run = scenario();
            SimulationRun.Run(run, options with { OnLine = null }, candidate, cancellationToken);
            if (run.Log.Found is not { } again || again.Invariant != found.Invariant)
                return false;
            shortest = ([.. candidate.Take(again.Step)], again.LastLines);
            return true;
        }
    }
}
