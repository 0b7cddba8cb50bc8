namespace IrohMoq.Reactive.Testing;

/// <summary>The result of a simulation.</summary>
public sealed record SimulationResult
{
    /// <summary>Gets the text of the scenario, its <see cref="object.ToString"/>: by default the name of its type.</summary>
    public required string Scenario { get; init; }

    /// <summary>Gets the seed.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets how many steps ran: all of them, unless an invariant was violated.</summary>
    public required int Steps { get; init; }

    /// <summary>Gets the number of lines of the trace.</summary>
    public required long Lines { get; init; }

    /// <summary>Gets how much virtual time has passed.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Gets the SHA-256 of all lines of the trace as 64 lower-case hex digits: that of <see cref="NetworkTrace.Sha256"/>.
    /// </summary>
    public required string TraceSha256 { get; init; }

    /// <summary>Gets how often each kind of thing has happened, by its name, in order: for example "step NAME" for each action.</summary>
    public required IReadOnlyDictionary<string, long> Counts { get; init; }

    /// <summary>
    /// Gets the invariants that were checked, as sentences: that no action fails and that all complete in time, then those of the scenario.
    /// </summary>
    public required IReadOnlyList<string> Invariants { get; init; }

    /// <summary>Gets the violation that ended the run, or <see langword="null"/> if every invariant held.</summary>
    public required SimulationViolation? Violation { get; init; }
}
