using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Load;

/// <summary>
/// Records the memory use of the process once per second, and checks that it does not grow: the median of the second half must not exceed
/// that of the first half by more than 20 % plus 16 MB.
/// </summary>
internal sealed class SoakMemory
{
    private const double MostGrowth = 1.2;
    private const double Slack = 16e6;

    // The share of the samples that is ignored, because compilation and memory pools increase memory use at the beginning.
    private const double Warm = 0.2;
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(5);

    private readonly List<double> _resident = [];

    public void Note() => _resident.Add(Environment.WorkingSet);

    public string Text => $"rss {Environment.WorkingSet / 1e6:0} MB, blocks out {BlockPool.Shared.BytesOut / 1e6:0.0} MB";

    /// <summary>
    /// Returns a description of the growth, or null if the memory use has not grown. A run of less than five minutes is too short to be
    /// checked.
    /// </summary>
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
