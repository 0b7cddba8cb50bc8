namespace IrohMoq.Reactive.Testing;

/// <summary>
/// What has happened in a run: its lines go into the trace of the network and are counted by kind, and the first violation is kept.
/// </summary>
internal sealed class SimulationLog(NetworkTrace trace)
{
    /// <summary>The name in the trace of the simulation itself.</summary>
    public const string Simulation = "simulation";

    private const int LastLines = 40;

    /// <summary>Gets or sets the number of the present step, 1 for the first.</summary>
    public int Step { get; set; }

    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets the first violation, or null.</summary>
    public Finding? Found { get; private set; }

    /// <summary>Writes a line.</summary>
    /// <param name="peer">The peer that the line is about.</param>
    /// <param name="kind">The kind of line, which is counted.</param>
    /// <param name="what">The rest of the line.</param>
    public void Write(string peer, string kind, string what)
    {
        Count(kind);
        trace.Add(peer, $"{kind}: {what}");
    }

    /// <summary>Writes a line that is counted under a name of its own.</summary>
    public void Write(string peer, string kind, string counted, string what)
    {
        Count(counted);
        trace.Add(peer, $"{kind}: {what}");
    }

    public void ReportViolation(string invariant, string expected, string seen)
    {
        if (Found is not null)
            return;
        trace.Add(Simulation, $"violated: {invariant}");
        Found = new Finding(invariant, Step, trace.Elapsed, expected, seen, [.. trace.Lines.TakeLast(LastLines)]);
    }

    private void Count(string kind) => Counts[kind] = Counts.GetValueOrDefault(kind) + 1;

    /// <summary>A violation: what did not hold and when, and the last lines of the trace at that time.</summary>
    internal sealed record Finding(
        string Invariant, int Step, TimeSpan Time, string Expected, string Seen, IReadOnlyList<string> LastLines);
}
