namespace IrohMoq.Reactive.Time;

/// <summary>
/// A pool of signals for short waits, such as one for each group or stream. A previous renter may still set a returned signal: the next
/// waiter then wakes without a reason, which every waiter has to expect (see <see cref="Signal"/>). This class is thread-safe.
/// </summary>
/// <param name="runtime">The runtime on which waiters continue.</param>
internal sealed class SignalPool(Runtime runtime)
{
    private const int MostKept = 64;

    private readonly Lock _gate = new();
    private readonly Stack<Signal> _spare = new();

    /// <summary>Returns a signal without a waiter.</summary>
    public Signal Rent()
    {
        lock (_gate)
        {
            if (_spare.TryPop(out var signal))
                return signal;
        }

        return new Signal(runtime);
    }

    /// <summary>Returns a signal to the pool. Its renter must not wait on it any more.</summary>
    public void Return(Signal signal)
    {
        lock (_gate)
        {
            if (_spare.Count < MostKept)
                _spare.Push(signal);
        }
    }
}
