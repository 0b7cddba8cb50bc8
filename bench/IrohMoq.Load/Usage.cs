using System.Diagnostics;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Load;

/// <summary>Represents what a process has used at one time, or between two times.</summary>
/// <param name="Seconds">The time of the monotonic clock.</param>
/// <param name="CpuSeconds">The user and system time of the whole process.</param>
/// <param name="ForcedSwitches">The number of times that a thread lost its processor although it had work.</param>
/// <param name="WaitSwitches">The number of times that a thread gave up its processor to wait.</param>
/// <param name="Allocated">The number of bytes that were allocated on the managed heap.</param>
/// <param name="Calls">The system calls and datagrams of the sockets.</param>
internal sealed record Usage(
    double Seconds, double CpuSeconds, long ForcedSwitches, long WaitSwitches, long Allocated, SocketCounters Calls)
{
    public static Usage Now(SocketCounters calls)
    {
        var kernel = ResourceUsage.Process();
        return new Usage(
            (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency, kernel.CpuSeconds, kernel.ForcedSwitches, kernel.WaitSwitches,
            GC.GetTotalAllocatedBytes(), calls);
    }

    public static Usage operator -(Usage end, Usage start) =>
        new(
            end.Seconds - start.Seconds, end.CpuSeconds - start.CpuSeconds, end.ForcedSwitches - start.ForcedSwitches,
            end.WaitSwitches - start.WaitSwitches, end.Allocated - start.Allocated, end.Calls - start.Calls);
}
