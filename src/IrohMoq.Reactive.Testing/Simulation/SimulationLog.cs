namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the log of a simulation run. Writes lines to the trace of the network, counts the lines of each kind, and stores the first
/// violation.
/// </summary>
internal sealed class SimulationLog(NetworkTrace trace)
{
    /// <summary>The name that the trace uses for the simulation itself.</summary>
    public const string Simulation = "simulation";

    private const int LastLines = 40;

    /// <summary>Gets or sets the number of the current step, 1 for the first.</summary>
    public int Step { get; set; }

    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets the first violation of an invariant, or null.</summary>
    public Finding? Found { get; private set; }

    /// <summary>Writes a line to the trace and counts it under its kind.</summary>
    /// <param name="peer">The name of the peer that the line is about.</param>
    /// <param name="kind">The kind of the line.</param>
    /// <param name="what">The rest of the line.</param>
    public void Write(string peer, string kind, string what)
    {
        Count(kind);
        trace.Add(peer, $"{kind}: {what}");
    }

    /// <summary>Writes a line to the trace and counts it under a name other than its kind.</summary>
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

    /// <summary>
    /// Represents a violation: the invariant that did not hold, the step and the time, and the last lines of the trace at that time.
    /// </summary>
    internal sealed record Finding(
        string Invariant, int Step, TimeSpan Time, string Expected, string Seen, IReadOnlyList<string> LastLines);
}
