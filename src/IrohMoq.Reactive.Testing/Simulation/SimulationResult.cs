namespace IrohMoq.Reactive.Testing;

/// <summary>Represents the result of a simulation.</summary>
public sealed record SimulationResult
{
    /// <summary>Gets the text that <see cref="object.ToString"/> of the scenario returns: by default the name of its type.</summary>
    public required string Scenario { get; init; }

    /// <summary>Gets the seed of the simulation.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets the number of steps that ran: all steps, unless an invariant was violated.</summary>
    public required int Steps { get; init; }

    /// <summary>Gets the number of lines of the trace.</summary>
    public required long Lines { get; init; }

    /// <summary>Gets the virtual time that has passed.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Gets the SHA-256 hash of all lines of the trace, as 64 lowercase hexadecimal digits. See <see cref="NetworkTrace.Sha256"/>.
    /// </summary>
    public required string TraceSha256 { get; init; }

    /// <summary>
    /// Gets the number of events of each kind, by the name of the kind and sorted by name. For example, "step NAME" is the number of steps
    /// that ran the action NAME.
    /// </summary>
    public required IReadOnlyDictionary<string, long> Counts { get; init; }

    /// <summary>
    /// Gets the invariants that were checked, as sentences: first that no action fails and that every action completes in time, then the
    /// invariants of the scenario.
    /// </summary>
    public required IReadOnlyList<string> Invariants { get; init; }

    /// <summary>Gets the violation that ended the run, or <see langword="null"/> if every invariant held.</summary>
    public required SimulationViolation? Violation { get; init; }
}
