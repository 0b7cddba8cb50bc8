namespace IrohMoq.Load;

/// <summary>What the bench of lagging subscribers measured.</summary>
/// <param name="Sessions">How many sessions were published of each kind.</param>
/// <param name="AlonePerSecond">What the free ones received, without others.</param>
/// <param name="BlockedOverAlone">With ten that never return, over that.</param>
/// <param name="PullOverAlone">With ten that never ask, over that.</param>
/// <param name="FreeSkipped">What the free ones missed, in all.</param>
/// <param name="MemoryGrowth">By how many percent the heap is larger at the end than when the rings were full.</param>
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
