using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Time;

/// <summary>Represents a changing value for readers that need only its newest state. This type is thread-safe.</summary>
/// <param name="runtime">The runtime on which readers wait.</param>
/// <param name="initial">The initial value.</param>
internal sealed class LatestValue<T>(Runtime runtime, T initial)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Signal> _readers = [];
    private T _value = initial;
    private long _version;
    private bool _isCompleted;
    private Func<Exception>? _fault;

    /// <summary>Gets the newest value.</summary>
    public T Value
    {
        get
        {
            lock (_gate)
                return _value;
        }
    }

    public void Set(T value)
    {
        lock (_gate)
        {
            _value = value;
            _version++;
            Wake();
        }
    }

    /// <summary>Completes all enumerations after they return the newest value.</summary>
    /// <param name="fault">The function that creates the exception for each enumeration; null for a normal end.</param>
    public void Complete(Func<Exception>? fault)
    {
        lock (_gate)
        {
            _isCompleted = true;
            _fault ??= fault;
            Wake();
        }
    }

    /// <summary>
    /// Returns the current value, and then the newest value after each change. Changes between two requests of the reader are combined.
    /// </summary>
    public async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changed = new Signal(runtime);
        lock (_gate)
            _readers.Add(changed);
        try
        {
            for (long seen = -1; ;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                T value;
                bool isNew, isCompleted;
                lock (_gate)
                    (value, isNew, isCompleted, seen) = (_value, _version != seen, _isCompleted, _version);
                if (isNew)
                    yield return value;
                else if (isCompleted && _fault is { } fault)
                    throw fault();
                else if (isCompleted)
                    yield break;
                else
                    await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
                _readers.Remove(changed);
        }
    }

    private void Wake()
    {
        foreach (var reader in _readers)
            reader.Set();
    }
}
