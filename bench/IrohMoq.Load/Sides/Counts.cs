using System.Diagnostics;
using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>Represents the counters of one side for one track at one time.</summary>
/// <param name="Frames">The number of frames written or read.</param>
/// <param name="Groups">The number of groups started.</param>
/// <param name="Bytes">The number of payload bytes.</param>
/// <param name="CpuSeconds">The user and system time of the process.</param>
/// <param name="At">The time in seconds of the monotonic clock of the machine, which both sides share.</param>
/// <param name="PeakBytes">The maximum number of bytes that were rented from the pool since the previous query.</param>
internal sealed record Counts(long Frames, long Groups, long Bytes, double CpuSeconds, double At, long PeakBytes)
{
    public static Counts Now(long frames, long groups, long bytes, long peak) =>
        new(
            frames, groups, bytes, Environment.CpuUsage.TotalTime.TotalSeconds, (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency,
            peak);

    public string ToText() => JsonSerializer.Serialize(this);

    public static Counts Parse(string line) => JsonSerializer.Deserialize<Counts>(line) ?? throw new InvalidDataException(line);

    /// <summary>Returns the difference between the counters at two times.</summary>
    public static Counts operator -(Counts end, Counts start) =>
        new(
            end.Frames - start.Frames, end.Groups - start.Groups, end.Bytes - start.Bytes, end.CpuSeconds - start.CpuSeconds,
            end.At - start.At, end.PeakBytes);
}
