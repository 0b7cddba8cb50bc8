using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Load;

/// <summary>Samples the number of bytes that are rented from the shared pool, a hundred times per second, and stores the maximum.</summary>
internal sealed class PeakMeter
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(10);

    private long _peak;

    public PeakMeter() => _ = WatchAsync();

    /// <summary>Returns the maximum since the previous call.</summary>
    public long Take() => Math.Max(Interlocked.Exchange(ref _peak, 0), BlockPool.Shared.BytesOut);

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Every);
        while (await timer.WaitForNextTickAsync())
            InterlockedMax(BlockPool.Shared.BytesOut);
    }

    private void InterlockedMax(long value)
    {
        for (var seen = Volatile.Read(ref _peak); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref _peak, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
