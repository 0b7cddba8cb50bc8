namespace IrohMoq.Load;

/// <summary>
/// What one case of <see cref="LatencyBench"/> measured: milliseconds from writing to reading, how many frames were read, and what the bulk
/// carried.
/// </summary>
internal sealed record LatencyCase(
    string Bulk, int ControlPriority, int BulkPriority, double P50, double P99, double Max, int Frames, double BulkMegabytesPerSecond,
    long DatagramsDropped)
{
    // No reading ages more than the time after which one counts as standing still.
    private const double StandstillMs = 5000;

    /// <summary>The frames stood still.</summary>
    public static LatencyCase Starved(string bulk, int control, int priority) =>
        new(bulk, control, priority, StandstillMs, StandstillMs, StandstillMs, 0, 0, 0);
}
