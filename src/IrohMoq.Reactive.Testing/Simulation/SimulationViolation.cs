using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// An invariant that did not hold, and a short program that shows it. <see cref="ToString"/> is the whole report. To reproduce it, run the
/// same scenario with the same <see cref="Seed"/> and <see cref="Steps"/>.
/// </summary>
public sealed record SimulationViolation
{
    /// <summary>Gets the text of the scenario, its <see cref="object.ToString"/>.</summary>
    public required string Scenario { get; init; }

    /// <summary>Gets the seed of the run.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets the number of steps of the whole program.</summary>
    public required int Steps { get; init; }

    /// <summary>
    /// Gets the step of the run after which the violation was found, 1 for the first; one more than there are steps if it was found at the
    /// end.
    /// </summary>
    public required int Step { get; init; }

    /// <summary>Gets when the violation was found, in virtual time since the start.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>
    /// Gets the invariant, as a sentence: one of <see cref="SimulationResult.Invariants"/>, or what the scenario has reported.
    /// </summary>
    public required string Invariant { get; init; }

    /// <summary>Gets what was expected.</summary>
    public required string Expected { get; init; }

    /// <summary>Gets what was seen instead.</summary>
    public required string Seen { get; init; }

    /// <summary>
    /// Gets the steps of the shortest program that was found to violate the invariant; the steps up to the violation if it was not shrunk.
    /// </summary>
    public required IReadOnlyList<string> Program { get; init; }

    /// <summary>Gets the last lines of the trace of that program.</summary>
    public required IReadOnlyList<string> LastLines { get; init; }

    /// <summary>
    /// Returns the report: the seed, the step, the invariant, what was expected and seen, the steps, and the last lines of the trace.
    /// </summary>
    /// <returns>The report, several lines.</returns>
    public override string ToString()
    {
        var text = new StringBuilder()
            .Append($"seed {Seed}, {Scenario}, {Steps} steps: violated in step {Step}, at {Time:c}\n")
            .Append($"must hold: {Invariant}\nexpected:  {Expected}\nseen:      {Seen}\n")
            .Append($"a program of {Program.Count} steps leads to it:\n");
        foreach (var step in Program)
            text.Append("  ").Append(step).Append('\n');
        text.Append("its trace ends with:\n");
        foreach (var line in LastLines)
            text.Append("  ").Append(line).Append('\n');
        return text.ToString();
    }
}
