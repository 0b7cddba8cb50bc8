using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Computes the delay before the next dial from the number of consecutive failures, and decides when to stop dialing.
/// </summary>
internal sealed class Backoff
{
    private readonly ReconnectOptions _options;
    private readonly Runtime _runtime;
    private readonly Random _chance;
    private TimeSpan _delay;
    private int _failures;
    private long _since;

    public Backoff(ReconnectOptions options, Runtime runtime, Random chance)
    {
        _options = options;
        _runtime = runtime;
        _chance = chance;
        Reset();
    }

    /// <summary>Resets the number of failures and the delay.</summary>
    public void Reset()
    {
        _failures = 0;
        _delay = _options.FirstDelay;
        _since = _runtime.GetTimestamp();
    }

    /// <summary>Counts a failed dial and computes the delay before the next one.</summary>
    /// <param name="wait">The delay before the next dial.</param>
    /// <returns><see langword="false"/> if no further dial is allowed.</returns>
    public bool TryFail(out TimeSpan wait)
    {
        if (++_failures >= _options.MaxAttempts)
        {
            wait = default;
            return false;
        }

        wait = Next();
        return _options.GiveUpAfter is not { } limit || _runtime.GetElapsedTime(_since) + wait <= limit;
    }

    /// <summary>Returns the next delay, without counting a failure.</summary>
    public TimeSpan Next()
    {
        var wait = _delay * (1 - (_options.Jitter * _chance.NextDouble()));
        _delay = _delay < _options.MaxDelay / 2 ? _delay * 2 : _options.MaxDelay;
        return wait;
    }
}
