namespace IrohMoq.Reactive.Testing;

/// <summary>What a simulation did.</summary>
public sealed record SimulationResult
{
    /// <summary>What is checked after every step or once everything has settled, each in a sentence.</summary>
    public static IReadOnlyList<string> Invariants { get; } = [.. Invariant.Checked.Select(static invariant => invariant.Name)];

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>How many peers there were.</summary>
    public required int Peers { get; init; }

    /// <summary>How many steps ran: all of them, unless something was violated.</summary>
    public required int Steps { get; init; }

    /// <summary>How many events the pipelines of all peers folded.</summary>
    public required long Events { get; init; }

    /// <summary>How many lines the trace has.</summary>
    public required long Lines { get; init; }

    /// <summary>How much virtual time passed.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The SHA-256 of all lines of the trace, 64 lower-case hex digits; that of <see cref="NetworkTrace.Sha256"/>.</summary>
    public required string TraceSha256 { get; init; }

    /// <summary>How often each kind of thing happened, in the order of its name: steps, events, effects, deliveries to observers, frames, ends of waits.</summary>
    public required IReadOnlyDictionary<string, long> Counts { get; init; }

    /// <summary>What did not hold, or null. A run ends with the first violation.</summary>
    public required SimulationViolation? Violation { get; init; }
}
