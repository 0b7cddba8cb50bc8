using System.Collections.Immutable;
using IrohMoq.Reactive.Testing;

namespace IrohMoq.Tool.Output;

/// <summary>What the runs of a simulation have done together.</summary>
/// <param name="Seed">The first seed.</param>
internal sealed record SimulationTotal(int Seed)
{
    public int Runs { get; init; }

    public long Steps { get; init; }

    public long Events { get; init; }

    public long Lines { get; init; }

    public int Violations { get; init; }

    /// <summary>Virtual time of all runs.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>That of the last run; of several runs the SHA-256 over the texts of theirs, one behind the other.</summary>
    public string TraceSha256 { get; init; } = "";

    /// <summary>How often each kind of thing happened.</summary>
    public ImmutableSortedDictionary<string, long> Counts { get; init; } = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>The invariants that were checked.</summary>
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
        Counts = run.Counts.Aggregate(Counts, static (counts, entry) => counts.SetItem(entry.Key, counts.GetValueOrDefault(entry.Key) + entry.Value)),
    };
}
