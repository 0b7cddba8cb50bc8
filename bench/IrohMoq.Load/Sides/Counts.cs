using System.Diagnostics;
using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>The counts of one side on one track at one time.</summary>
/// <param name="Frames">Frames written or read.</param>
/// <param name="Groups">Groups begun.</param>
/// <param name="Bytes">Payload.</param>
/// <param name="CpuSeconds">User and system time of the process.</param>
/// <param name="At">When, in seconds of the machine's steady clock, which both sides share.</param>
/// <param name="PeakBytes">The most bytes that the pool had out since the last time this was asked.</param>
internal sealed record Counts(long Frames, long Groups, long Bytes, double CpuSeconds, double At, long PeakBytes)
{
    public static Counts Now(long frames, long groups, long bytes, long peak) =>
        new(
            frames, groups, bytes, Environment.CpuUsage.TotalTime.TotalSeconds, (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency,
            peak);

    public string ToText() => JsonSerializer.Serialize(this);

    public static Counts Parse(string line) => JsonSerializer.Deserialize<Counts>(line) ?? throw new InvalidDataException(line);

    /// <summary>What passed between two moments.</summary>
    public static Counts operator -(Counts end, Counts start) =>
        new(
            end.Frames - start.Frames, end.Groups - start.Groups, end.Bytes - start.Bytes, end.CpuSeconds - start.CpuSeconds,
            end.At - start.At, end.PeakBytes);
}
