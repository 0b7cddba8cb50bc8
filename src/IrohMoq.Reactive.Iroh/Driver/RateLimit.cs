namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Represents a token bucket, which allows a number of events per second, and a burst of events after a pause. This class is not
/// thread-safe.
/// </summary>
/// <param name="perSecond">The number of events per second.</param>
/// <param name="burst">The maximum number of events at once.</param>
internal sealed class RateLimit(int perSecond, int burst)
{
    private readonly ulong _interval = 1_000_000_000 / (ulong)perSecond;
    private readonly int _burst = burst;
    private ulong _filledAt;
    private int _left;

    /// <summary>Takes a token for one event.</summary>
    /// <param name="now">The current time in nanoseconds; must not be earlier than in the previous call.</param>
    /// <returns>True if the event is allowed; false if the limit is reached.</returns>
    public bool TryTake(ulong now)
    {
        var earned = (now - _filledAt) / _interval;
        if (earned >= (ulong)(_burst - _left))
        {
            _left = _burst;
            _filledAt = now;
        }
        else
        {
            _left += (int)earned;
            _filledAt += earned * _interval;
        }

        if (_left == 0)
            return false;
        _left--;
        return true;
    }
}
