using System.Collections.Concurrent;
using System.Diagnostics;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>Counts what the loads of the soak test do, and records the first failure. This class is thread-safe.</summary>
internal sealed class SoakMeter
{
    private static readonly int Kinds = Enum.GetValues<SoakWork>().Length;

    private readonly long[] _counts = new long[Kinds];
    private readonly ConcurrentQueue<double> _latencies = new();
    private string? _failure;

    /// <summary>Gets the description of the first failure, or null.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>Returns the number of units of each kind of work since the beginning, by the value of the kind.</summary>
    public long[] Read()
    {
        var counts = new long[Kinds];
        for (var i = 0; i < Kinds; i++)
            counts[i] = Interlocked.Read(ref _counts[i]);
        return counts;
    }

    public void Count(SoakWork work, long amount = 1) => Interlocked.Add(ref _counts[(int)work], amount);

    /// <summary>Counts a message that was answered.</summary>
    /// <param name="written">The time stamp of the write.</param>
    public void CountPing(long written)
    {
        Count(SoakWork.Pings);
        _latencies.Enqueue(Stopwatch.GetElapsedTime(written).TotalMilliseconds);
    }

    /// <summary>Takes the latencies since the previous call.</summary>
    /// <returns>
    /// The latencies, in milliseconds, that half and 99 % of the messages do not exceed, or NaN if there are no messages.
    /// </returns>
    public (double Half, double Most) TakeLatencies()
    {
        var taken = new List<double>();
        while (_latencies.TryDequeue(out var latency))
            taken.Add(latency);
        taken.Sort();
        return taken.Count == 0 ? (double.NaN, double.NaN) : (taken[(taken.Count - 1) / 2], taken[(taken.Count - 1) * 99 / 100]);
    }

    public void Fail(string what) => Interlocked.CompareExchange(ref _failure, what, null);
}
