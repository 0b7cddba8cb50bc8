using System.Globalization;

namespace IrohMoq.Load.Endpoint;

/// <summary>Represents the processor times of the machine at one time, or between two times.</summary>
/// <param name="Busy">The time in which a processor worked, in ticks.</param>
/// <param name="Steal">The time for which the host of a virtual machine used a processor for something else, in ticks.</param>
/// <param name="Total">The time of all processors, in ticks.</param>
/// <param name="OwnSeconds">The CPU time of this process and of those that it has started and that have ended.</param>
internal sealed record MachineTimes(long Busy, long Steal, long Total, double OwnSeconds)
{
    private const int TicksPerSecond = 100;
    private const int IdleAt = 3;
    private const int WaitAt = 4;
    private const int StealAt = 7;

    /// <summary>Gets the share of the time that the host used for something else.</summary>
    public double StealShare => Total == 0 ? 0 : (double)Steal / Total;

    /// <summary>Gets the share of the time that other processes used.</summary>
    public double OthersShare => Total == 0 ? 0 : Math.Max(0, (Busy - (OwnSeconds * TicksPerSecond)) / Total);

    public static MachineTimes Now()
    {
        // The first line is "cpu", then user, nice, system, idle, iowait, irq, softirq and steal.
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..(StealAt + 2)]
            .Select(static text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var total = ticks.Sum();
        return new MachineTimes(
            total - ticks[IdleAt] - ticks[WaitAt] - ticks[StealAt], ticks[StealAt], total,
            ResourceUsage.Process().CpuSeconds + ResourceUsage.Children().CpuSeconds);
    }

    /// <summary>Returns the load average of the last minute.</summary>
    public static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    public static MachineTimes operator -(MachineTimes end, MachineTimes start) =>
        new(end.Busy - start.Busy, end.Steal - start.Steal, end.Total - start.Total, end.OwnSeconds - start.OwnSeconds);
}
