using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Decides which estimates are worth reporting: those that differ from the last report by a quarter or more shortly after it, and by less
/// the longer ago it was; and one in ten seconds in any case.
/// </summary>
internal sealed class RateReports(Runtime runtime)
{
    /// <summary>The time between two looks at the estimate, and the least between two reports.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private RateEstimate _last;
    private long _reportedAt;

    /// <summary>Determines whether an estimate is to be reported. If so, it counts as the last report.</summary>
    public bool TryReport(RateEstimate now)
    {
        if (!IsDue(now))
            return false;
        (_last, _reportedAt) = (now, runtime.GetTimestamp());
        return true;
    }

    private bool IsDue(RateEstimate now)
    {
        if (_last == default)
            return now != default;
        var elapsed = runtime.GetElapsedTime(_reportedAt);
        if (elapsed >= Longest)
            return true;
        var share = 0.25 * (Longest - elapsed) / (Longest - Interval);
        return Differs(_last.BytesPerSecond, now.BytesPerSecond, share)
            || Differs(_last.RoundTripTime?.Ticks, now.RoundTripTime?.Ticks, share);
    }

    private static bool Differs(long? before, long? now, double share) =>
        before is { } one && now is { } other ? Math.Abs(other - one) > share * one : before is null != now is null;
}
