namespace IrohMoq.Load;

/// <summary>
/// Represents the result of one case of <see cref="LatencyBench"/>: the latency from write to read in milliseconds, the number of frames
/// that were read, and the throughput of the bulk track.
/// </summary>
internal sealed record LatencyCase(
    string Bulk, int ControlPriority, int BulkPriority, double P50, double P99, double Max, int Frames, double BulkMegabytesPerSecond,
    long DatagramsDropped)
{
    // The time after which a reader counts as stalled, which is the maximum latency that can be measured.
    private const double StandstillMs = 5000;

    /// <summary>Creates the result of a case in which no frame was read before the reader counted as stalled.</summary>
    public static LatencyCase Starved(string bulk, int control, int priority) =>
        new(bulk, control, priority, StandstillMs, StandstillMs, StandstillMs, 0, 0, 0);
}
