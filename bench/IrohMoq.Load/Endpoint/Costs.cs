namespace IrohMoq.Load.Endpoint;

/// <summary>Converts what the two processes of a run used into cells.</summary>
internal static class Costs
{
    /// <summary>Returns the CPU time, the system calls, the allocations and the switches of both ends.</summary>
    /// <param name="subject">The subject of the cells.</param>
    /// <param name="unit">The name of the unit for which the costs are, such as GB.</param>
    /// <param name="ends">The name and the usage of each end, and the number of units that were processed meanwhile.</param>
    public static IEnumerable<Cell> Of(string subject, string unit, params (string Name, Usage Usage, double Units)[] ends)
    {
        yield return new Cell($"cpu s/{unit}, both", subject, ends.Sum(static end => end.Usage.CpuSeconds / end.Units));
        foreach (var (name, usage, units) in ends)
            yield return new Cell($"cpu s/{unit}, {name}", subject, usage.CpuSeconds / units);
        foreach (var (name, usage, units) in ends)
        {
            var calls = usage.Calls;
            yield return new Cell($"send calls/{unit}, {name}", subject, calls.Sends / units);
            yield return new Cell($"receive calls/{unit}, {name}", subject, calls.Receives / units);
            yield return new Cell($"wait calls/{unit}, {name}", subject, calls.Waits / units);
            yield return new Cell($"wake calls/{unit}, {name}", subject, calls.Wakes / units);
        }

        foreach (var (name, usage, units) in ends)
        {
            var packets = Math.Max(usage.Calls.DatagramsSent, usage.Calls.DatagramsReceived);
            yield return new Cell($"allocated kB/{unit}, {name}", subject, usage.Allocated / 1e3 / units);
            yield return new Cell($"allocated B/packet, {name}", subject, (double)usage.Allocated / packets);
        }

        foreach (var (name, usage, _) in ends)
        {
            yield return new Cell($"forced switches/s, {name}", subject, usage.ForcedSwitches / usage.Seconds);
            yield return new Cell($"wait switches/s, {name}", subject, usage.WaitSwitches / usage.Seconds);
        }
    }
}
