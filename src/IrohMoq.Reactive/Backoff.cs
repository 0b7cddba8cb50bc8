using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>How long to wait before the next dial, and whether there is one: counts failures in a row.</summary>
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

    /// <summary>From now on the next failure is the first.</summary>
    public void Reset()
    {
        _failures = 0;
        _delay = _options.FirstDelay;
        _since = _runtime.GetTimestamp();
    }

    /// <summary>Counts a failed dial.</summary>
    /// <param name="wait">How long to wait before the next one.</param>
    /// <returns>False if there is no next one.</returns>
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

    /// <summary>The wait after a session that was stable: nothing has failed yet.</summary>
    public TimeSpan Next()
    {
        var wait = _delay * (1 - (_options.Jitter * _chance.NextDouble()));
        _delay = _delay < _options.MaxDelay / 2 ? _delay * 2 : _options.MaxDelay;
        return wait;
    }
}
