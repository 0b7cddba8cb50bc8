namespace IrohMoq.Tool.Output;

/// <summary>Represents the traffic of a track so far.</summary>
/// <param name="Name">The name of the broadcast.</param>
/// <param name="Track">The name of the track.</param>
/// <param name="Groups">The number of groups that were started.</param>
/// <param name="Frames">The number of complete frames.</param>
/// <param name="Bytes">The number of payload bytes.</param>
/// <param name="Missing">
/// The number of groups, from the first one that was read on, that have not arrived completely, whatever the reason.
/// </param>
/// <param name="Incomplete">The number of missing groups of which a part has arrived.</param>
/// <param name="Elapsed">The time from the first to the last frame.</param>
/// <param name="Latency">The latency of the frames of the last seconds, or null if it is not known.</param>
internal sealed record Traffic(
    string Name, string Track, long Groups, long Frames, long Bytes, long Missing, long Incomplete, TimeSpan Elapsed, LatencyMs? Latency)
{
    /// <summary>Gets a value indicating whether the source is a clock of another machine, whose latency is not known.</summary>
    public bool IsOtherMachine { get; init; }

    /// <summary>Gets the text of the last frame of a clock, or null if the source is not a clock.</summary>
    public string? Text { get; init; }

    /// <summary>Gets the average rate in megabytes (10^6 bytes) per second.</summary>
    public double MegabytesPerSecond => Elapsed > TimeSpan.Zero ? Bytes / 1e6 / Elapsed.TotalSeconds : 0;
}
