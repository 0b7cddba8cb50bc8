using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the violation of an invariant, with a short program that leads to it. <see cref="ToString"/> returns a full report. To
/// reproduce the violation, run the same scenario with the same <see cref="Seed"/> and <see cref="Steps"/>.
/// </summary>
public sealed record SimulationViolation
{
    /// <summary>Gets the text that <see cref="object.ToString"/> of the scenario returns.</summary>
    public required string Scenario { get; init; }

    /// <summary>Gets the seed of the run.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets the number of steps of the original program, before it was shrunk.</summary>
    public required int Steps { get; init; }

    /// <summary>
    /// Gets the number of the step after which the violation was found, 1 for the first. If the violation was found after the last step,
    /// while the scenario settled, this is the number of steps plus one.
    /// </summary>
    public required int Step { get; init; }

    /// <summary>Gets the virtual time since the start at which the violation was found.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>
    /// Gets the violated invariant, as a sentence: one of <see cref="SimulationResult.Invariants"/>, or one that the scenario has reported.
    /// </summary>
    public required string Invariant { get; init; }

    /// <summary>Gets a description of what was expected.</summary>
    public required string Expected { get; init; }

    /// <summary>Gets a description of what was found instead.</summary>
    public required string Seen { get; init; }

    /// <summary>
    /// Gets the steps of the shortest program that was found to violate the invariant. If the program was not shrunk, these are its steps
    /// up to the violation.
    /// </summary>
    public required IReadOnlyList<string> Program { get; init; }

    /// <summary>Gets the last lines of the trace of <see cref="Program"/>.</summary>
    public required IReadOnlyList<string> LastLines { get; init; }

    /// <summary>
    /// Returns the report: the seed, the step, the invariant, what was expected and found, the steps of the program, and the last lines of
    /// the trace.
    /// </summary>
    /// <returns>The report, which has several lines.</returns>
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
