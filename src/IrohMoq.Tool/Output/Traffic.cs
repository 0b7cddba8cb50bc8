namespace IrohMoq.Tool.Output;

/// <summary>What has passed so far.</summary>
/// <param name="Name">The broadcast.</param>
/// <param name="Track">The track.</param>
/// <param name="Groups">Groups that were begun.</param>
/// <param name="Frames">Whole frames.</param>
/// <param name="Bytes">Bytes of payload.</param>
/// <param name="Gaps">Groups that are missing: never came, or were reset by their publisher.</param>
/// <param name="Skipped">Groups that were dropped on this side because the reader was too slow.</param>
/// <param name="Elapsed">Since the first frame.</param>
/// <param name="Latency">Where the source is the clock.</param>
internal sealed record Traffic(
    string Name, string Track, long Groups, long Frames, long Bytes, long Gaps, long Skipped, TimeSpan Elapsed, LatencyMs? Latency)
{
    /// <summary>Megabytes (10^6) a second since the first frame.</summary>
    public double MegabytesPerSecond => Elapsed > TimeSpan.Zero ? Bytes / 1e6 / Elapsed.TotalSeconds : 0;
}
