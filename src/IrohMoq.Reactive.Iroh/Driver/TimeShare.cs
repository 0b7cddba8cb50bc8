namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Limits a kind of work to a share of the time of a thread: time for the work is earned at a constant rate, up to a maximum, and spent by
/// the work. This class is not thread-safe.
/// </summary>
/// <param name="percent">The share in percent.</param>
/// <param name="most">The maximum time, in nanoseconds, that can be saved for a burst of work.</param>
internal sealed class TimeShare(int percent, long most)
{
    private readonly long _most = most;
    private long _left = most;
    private ulong _earnedAt;

    /// <summary>Returns true if there is time for the work.</summary>
    /// <param name="now">The current time in nanoseconds; must not be earlier than in the previous call.</param>
    public bool HasTime(ulong now)
    {
        // Longer pauses are cut off, so that the product does not overflow: they earn the maximum anyway.
        var passed = Math.Min(now - _earnedAt, 100UL * (ulong)_most);
        _earnedAt = now;
        _left = Math.Min(_most, _left + ((long)passed * percent / 100));
        return _left > 0;
    }

    /// <summary>
    /// Counts the time that the work has taken. One piece of work counts no more than the maximum, because a thread that was not running
    /// meanwhile measures more than the work took.
    /// </summary>
    /// <param name="nanoseconds">The time in nanoseconds.</param>
    public void Spend(ulong nanoseconds) => _left -= (long)Math.Min(nanoseconds, (ulong)_most);
}
