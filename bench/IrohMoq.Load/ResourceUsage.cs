using System.Runtime.InteropServices;

namespace IrohMoq.Load;

/// <summary>Represents what the kernel has counted for processes or for the calling thread (getrusage).</summary>
/// <param name="CpuSeconds">The user and system time.</param>
/// <param name="ForcedSwitches">The number of times that a thread lost its processor although it had work.</param>
/// <param name="WaitSwitches">The number of times that a thread gave up its processor to wait.</param>
internal sealed partial record ResourceUsage(double CpuSeconds, long ForcedSwitches, long WaitSwitches)
{
    private const int OfChildren = -1;
    private const int OfProcess = 0;
    private const int OfThread = 1;

    // The native rusage structure: two times in seconds and microseconds, then 14 counters.
    private const int Values = 18;
    private const int WaitSwitchesAt = 16;
    private const int ForcedSwitchesAt = 17;

    public static ResourceUsage Process() => Read(OfProcess);

    /// <summary>Returns what the processes used that this one has started and that have ended.</summary>
    public static ResourceUsage Children() => Read(OfChildren);

    public static ResourceUsage Thread() => Read(OfThread);

    private static unsafe ResourceUsage Read(int of)
    {
        var values = stackalloc long[Values];
        return GetUsage(of, values) == 0
            ? new ResourceUsage(values[0] + values[2] + (1e-6 * (values[1] + values[3])), values[ForcedSwitchesAt], values[WaitSwitchesAt])
            : throw new InvalidOperationException(Marshal.GetLastPInvokeErrorMessage());
    }

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static unsafe partial int GetUsage(int of, long* values);
}
