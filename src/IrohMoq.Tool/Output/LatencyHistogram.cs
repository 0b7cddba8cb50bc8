namespace IrohMoq.Tool.Output;

/// <summary>
/// Represents a histogram of the latencies of the last ten seconds, with buckets that grow by 2 % each, from 1 microsecond to about 5
/// minutes. Its memory does not grow with the number of values.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int Seconds = 10;
    private const int Buckets = 1000;
    private const double Growth = 1.02;
    private const double SmallestMs = 0.001;

    // One row of buckets for each second, and the second to which each row belongs.
    private readonly int[] _counts = new int[Seconds * Buckets];
    private readonly long[] _rowSeconds = new long[Seconds];

    /// <summary>Adds a value.</summary>
    /// <param name="ms">The latency in milliseconds.</param>
    /// <param name="second">The current time in whole seconds, from a monotonic clock.</param>
    public void Add(double ms, long second)
    {
        var row = (int)(second % Seconds);
        if (_rowSeconds[row] != second)
        {
            _rowSeconds[row] = second;
            Array.Clear(_counts, row * Buckets, Buckets);
        }

        var bucket = ms <= SmallestMs ? 0 : (int)(Math.Log(ms / SmallestMs) / Math.Log(Growth));
        _counts[(row * Buckets) + Math.Min(bucket, Buckets - 1)]++;
    }

    /// <summary>Removes all values.</summary>
    public void Clear() => Array.Clear(_counts);

    /// <summary>Returns the percentiles of the values of the last ten seconds, or null if there are none.</summary>
    /// <param name="second">The current time in whole seconds, from a monotonic clock.</param>
    public LatencyMs? Percentiles(long second)
    {
        var sums = new long[Buckets];
        var count = 0L;
        for (var row = 0; row < Seconds; row++)
        {
            if (second - _rowSeconds[row] >= Seconds)
                continue;
            for (var bucket = 0; bucket < Buckets; bucket++)
            {
                sums[bucket] += _counts[(row * Buckets) + bucket];
                count += _counts[(row * Buckets) + bucket];
            }
        }

        return count == 0 ? null : new LatencyMs(Percentile(sums, count, 0.50), Percentile(sums, count, 0.99));
    }

    private static double Percentile(long[] sums, long count, double part)
    {
        var rank = (long)Math.Ceiling(count * part);
        var seen = 0L;
        for (var i = 0; i < sums.Length; i++)
        {
            seen += sums[i];
            if (seen >= rank)
                return SmallestMs * Math.Pow(Growth, i + 0.5);
        }

        return SmallestMs * Math.Pow(Growth, sums.Length);
    }
}
