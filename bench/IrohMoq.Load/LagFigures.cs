namespace IrohMoq.Load;

/// <summary>Represents the results of the benchmark with slow subscribers.</summary>
/// <param name="Sessions">The number of sessions per kind of slow subscribers.</param>
/// <param name="AlonePerSecond">The number of items per second that the fast subscribers received without slow ones.</param>
/// <param name="BlockedOverAlone">The rate with ten subscribers that never return, divided by the rate without slow subscribers.</param>
/// <param name="PullOverAlone">
/// The rate with ten subscribers that never request the next item, divided by the rate without slow subscribers.
/// </param>
/// <param name="FreeSkipped">The total number of items that the fast subscribers missed.</param>
/// <param name="MemoryGrowth">The growth of the heap from the time when the ring buffers were full to the end, in percent.</param>
internal sealed record LagFigures(
    long Sessions, double AlonePerSecond, double BlockedOverAlone, double PullOverAlone, long FreeSkipped, double MemoryGrowth)
{
    public IEnumerable<KeyValuePair<string, object>> ToJson() =>
    [
        new("lag_sessions", Sessions),
        new("free_delivered_per_second", Math.Round(AlonePerSecond)),
        new("free_delivered_over_alone", Math.Round(BlockedOverAlone, 3)),
        new("free_delivered_over_alone_pull", Math.Round(PullOverAlone, 3)),
        new("free_skipped", FreeSkipped),
        new("lag_memory_growth_percent", Math.Round(MemoryGrowth, 2)),
    ];
}
