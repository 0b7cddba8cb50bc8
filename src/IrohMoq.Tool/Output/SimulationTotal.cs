using System.Collections.Immutable;
using IrohMoq.Reactive.Testing;

namespace IrohMoq.Tool.Output;

/// <summary>Represents the totals of all runs of a simulation.</summary>
/// <param name="Seed">The seed of the first run.</param>
internal sealed record SimulationTotal(int Seed)
{
    public int Runs { get; init; }

    public long Steps { get; init; }

    public long Events { get; init; }

    public long Lines { get; init; }

    public int Violations { get; init; }

    /// <summary>Gets the total virtual time of all runs.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Gets the SHA-256 hash of the trace; for several runs, the hash of the concatenated hexadecimal hashes of their traces.
    /// </summary>
    public string TraceSha256 { get; init; } = "";

    /// <summary>Gets the number of occurrences of each kind of event.</summary>
    public ImmutableSortedDictionary<string, long> Counts { get; init; } =
        ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>Gets the invariants that were checked.</summary>
    public IReadOnlyList<string> Invariants { get; init; } = [];

    public SimulationTotal With(SimulationResult run) => this with
    {
        Runs = Runs + 1,
        Steps = Steps + run.Steps,
        Events = Events + ManagerScenario.EventsOf(run),
        Lines = Lines + run.Lines,
        Violations = Violations + (run.Violation is null ? 0 : 1),
        Elapsed = Elapsed + run.Elapsed,
        TraceSha256 = run.TraceSha256,
        Invariants = run.Invariants,
        Counts = run.Counts.Aggregate(
            Counts, static (counts, entry) => counts.SetItem(entry.Key, counts.GetValueOrDefault(entry.Key) + entry.Value)),
    };
}
