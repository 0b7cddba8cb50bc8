using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>Something that must hold did not. <see cref="ToString"/> is the whole report.</summary>
public sealed record SimulationViolation
{
    /// <summary>The seed of the run.</summary>
    public required int Seed { get; init; }

    /// <summary>How many peers the run had.</summary>
    public required int Peers { get; init; }

    /// <summary>How many steps the run was to have.</summary>
    public required int Steps { get; init; }

    /// <summary>In which step of the run it was found, 1 for the first; one more than there are steps where it was found after the last.</summary>
    public required int Step { get; init; }

    /// <summary>When it was found, in virtual time since the start.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>What must hold, in a sentence: one of <see cref="SimulationResult.Invariants"/>.</summary>
    public required string Invariant { get; init; }

    /// <summary>What was expected.</summary>
    public required string Expected { get; init; }

    /// <summary>What was seen instead.</summary>
    public required string Seen { get; init; }

    /// <summary>The steps of the smallest program that was found to lead to it, one a line; the steps so far where none was looked for.</summary>
    public required IReadOnlyList<string> Program { get; init; }

    /// <summary>The last lines of that program's trace.</summary>
    public required IReadOnlyList<string> LastLines { get; init; }

    /// <summary>The report: the seed, the step, what must hold, what was expected and seen, the smallest program and the last lines of its trace.</summary>
    public override string ToString()
    {
        var text = new StringBuilder()
            .Append($"seed {Seed}, {Peers} peers, {Steps} steps: violated in step {Step}, at {Time:c}\n")
            .Append($"must hold: {Invariant}\nexpected:  {Expected}\nseen:      {Seen}\n")
            .Append($"a program of {Program.Count} steps leads to it:\n");
        foreach (var step in Program)
            text.Append("  ").Append(step).Append('\n');
        text.Append("and its trace ends with:\n");
        foreach (var line in LastLines)
            text.Append("  ").Append(line).Append('\n');
        return text.ToString();
    }
}
