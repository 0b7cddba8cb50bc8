namespace IrohMoq.Reactive.Time;

/// <summary>
/// Represents the signals of the callers that wait for one condition. Most of the time there are none, and no memory is allocated for
/// them. The owner synchronizes the access.
/// </summary>
internal struct WaitingSignals
{
    private List<Signal>? _signals;

    public readonly bool Contains(Signal signal) => _signals?.Contains(signal) == true;

    public void Add(Signal signal) => (_signals ??= []).Add(signal);

    public readonly void Remove(Signal signal) => _signals?.Remove(signal);

    /// <summary>Sets every signal.</summary>
    public readonly void SetAll()
    {
        if (_signals is null)
            return;
        foreach (var signal in _signals)
            signal.Set();
    }
}
