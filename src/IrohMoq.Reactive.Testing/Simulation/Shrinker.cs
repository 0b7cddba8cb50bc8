namespace IrohMoq.Reactive.Testing;

/// <summary>Looks for a smaller program that violates the same invariant: first it ends where the violation was found, then parts are left out, large ones first, and last the peers that nothing is about.</summary>
internal static class Shrinker
{
    private const int MostRuns = 100;

    /// <param name="options">The world.</param>
    /// <param name="program">A program that violates something.</param>
    /// <param name="found">What, and in which step.</param>
    /// <param name="peers">The peers that there were.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The smallest program that was found, and its run; null if the program does not even do it again.</returns>
    public static (ProgramStep[] Program, World World)? Shrink(
        SimulationOptions options, ProgramStep[] program, Journal.Finding found, IReadOnlyCollection<int> peers, CancellationToken cancellationToken)
    {
        var runs = 0;
        (ProgramStep[] Program, World World)? smallest = null;
        if (!Tries([.. program.Take(found.Step)], peers) && !Tries(program, peers))
            return null;
        for (var part = Math.Max(smallest!.Value.Program.Length / 2, 1); ; part = Math.Max(part / 2, 1))
        {
            var isSmaller = false;
            for (var from = 0; from < smallest.Value.Program.Length && runs < MostRuns;)
            {
                var current = smallest.Value.Program;
                if (Tries([.. current.Take(from), .. current.Skip(from + part)], peers))
                    isSmaller = true;
                else
                    from += part;
            }

            if (runs >= MostRuns || (part == 1 && !isSmaller))
                break;
        }

        Tries(smallest.Value.Program, [.. smallest.Value.Program.SelectMany(static step => step.IsAboutTwo ? [step.Peer, step.Other] : new[] { step.Peer }).Distinct().Order()]);
        return smallest;

        bool Tries(ProgramStep[] candidate, IReadOnlyCollection<int> among)
        {
            runs++;
            var world = World.Run(options with { Visited = null }, candidate, among, isWatched: false, cancellationToken);
            if (world.Journal.Found?.Invariant != found.Invariant)
                return false;
            smallest = ([.. candidate.Take(world.Journal.Found.Step)], world);
            return true;
        }
    }
}
