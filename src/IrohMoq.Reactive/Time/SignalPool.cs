namespace IrohMoq.Reactive.Time;

/// <summary>
/// Represents a pool of signals for short waits, such as one for each group or stream. A previous renter may still set a returned signal:
/// the next waiter then wakes without a reason, which every waiter must expect (see <see cref="Signal"/>). This class is thread-safe.
/// </summary>
/// <param name="runtime">The runtime on which waiters continue.</param>
internal sealed class SignalPool(Runtime runtime)
{
    private const int MostKept = 64;

    private readonly Lock _gate = new();
    private readonly Stack<Signal> _spare = new();

    /// <summary>Rents a signal that has no waiter.</summary>
    public Signal Rent()
    {
        lock (_gate)
        {
            if (_spare.TryPop(out var signal))
                return signal;
        }

        return new Signal(runtime);
    }

    /// <summary>Returns a signal to the pool. The renter must not wait on the signal any more.</summary>
    public void Return(Signal signal)
    {
        lock (_gate)
        {
            if (_spare.Count < MostKept)
                _spare.Push(signal);
        }
    }
}
