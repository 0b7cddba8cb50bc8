using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Load;

/// <summary>
/// What the process holds, second by second. Flat is: the middle of the second half is not above that of the first by more than a fifth and
/// 16 MB.
/// </summary>
internal sealed class SoakMemory
{
    private const double MostGrowth = 1.2;
    private const double Slack = 16e6;

    // What is compiled and pooled in the beginning is no growth.
    private const double Warm = 0.2;
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(5);

    private readonly List<double> _resident = [];

    public void Note() => _resident.Add(Environment.WorkingSet);

    public string Text => $"rss {Environment.WorkingSet / 1e6:0} MB, blocks out {BlockPool.Shared.BytesOut / 1e6:0.0} MB";

    /// <summary>What is wrong, or null. A run of a few minutes says nothing.</summary>
    public string? Check(TimeSpan time)
    {
        if (time < Shortest)
            return null;
        var samples = _resident.Skip((int)(_resident.Count * Warm)).ToArray();
        var first = Median.Of(samples.Take(samples.Length / 2));
        var second = Median.Of(samples.Skip(samples.Length / 2));
        return second <= (first * MostGrowth) + Slack
            ? null
            : $"rss grows: {first / 1e6:0} MB in the first half, {second / 1e6:0} MB in the second";
    }
}
