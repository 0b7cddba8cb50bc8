namespace IrohMoq.Tool.Output;

/// <summary>
/// Represents a histogram of latencies, with buckets that grow by 2 % each, from 1 microsecond to about 5 minutes. Its memory does not grow
/// with the number of values.
/// </summary>
internal sealed class LatencyHistogram
{
    private const double Growth = 1.02;
    private const double SmallestMs = 0.001;

    private readonly long[] _buckets = new long[1000];
    private long _count;

    public void Add(double ms)
    {
        var bucket = ms <= SmallestMs ? 0 : (int)(Math.Log(ms / SmallestMs) / Math.Log(Growth));
        _buckets[Math.Min(bucket, _buckets.Length - 1)]++;
        _count++;
    }

    /// <summary>Returns the percentiles of the values added so far, or null if there are none.</summary>
    public LatencyMs? Percentiles() => _count == 0 ? null : new LatencyMs(Percentile(0.50), Percentile(0.99));

    private double Percentile(double part)
    {
        var rank = (long)Math.Ceiling(_count * part);
        var seen = 0L;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= rank)
                return SmallestMs * Math.Pow(Growth, i + 0.5);
        }

        return SmallestMs * Math.Pow(Growth, _buckets.Length);
    }
}
