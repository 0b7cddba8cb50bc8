namespace IrohMoq.Reactive.Time;

/// <summary>
/// Signals for waits that come and go, such as one for each group or stream: what is short-lived waits on a signal that it gives back. A
/// signal may still be set by
/// someone who took it before: the next waiter is then woken for nothing, which every waiter must bear anyhow. Safe for any thread.
/// </summary>
/// <param name="runtime">Where waiters go on.</param>
internal sealed class SignalPool(Runtime runtime)
{
    private const int MostKept = 64;

    private readonly Lock _gate = new();
    private readonly Stack<Signal> _spare = new();

    /// <summary>A signal that nobody waits on.</summary>
    public Signal Rent()
    {
        lock (_gate)
        {
            if (_spare.TryPop(out var signal))
                return signal;
        }

        return new Signal(runtime);
    }

    /// <summary>Takes a signal back that its renter no longer waits on.</summary>
    public void Return(Signal signal)
    {
        lock (_gate)
        {
            if (_spare.Count < MostKept)
                _spare.Push(signal);
        }
    }
}
