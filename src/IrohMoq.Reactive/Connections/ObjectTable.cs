namespace IrohMoq.Reactive.Connections;

/// <summary>Stores objects of one type, which the manager's state knows by number. This type is thread-safe.</summary>
internal sealed class ObjectTable<T>
    where T : class
{
    private readonly Lock _gate = new();
    // Not sorted, because objects are looked up at every event and hardly ever listed.
    private readonly Dictionary<long, T> _objects = [];

    public void Add(long number, T item)
    {
        lock (_gate)
            _objects.Add(number, item);
    }

    /// <summary>Returns the object with the given number, or null if there is none.</summary>
    public T? TryFind(long number)
    {
        lock (_gate)
            return _objects.GetValueOrDefault(number);
    }

    /// <summary>Returns the object with the given number.</summary>
    /// <exception cref="KeyNotFoundException">There is no object with that number.</exception>
    public T Find(long number) =>
        TryFind(number) ?? throw new KeyNotFoundException($"There is no {typeof(T).Name} with the number {number}.");

    /// <summary>
    /// Removes and returns the object with the given number, or returns null if there is none. If several callers remove the same
    /// object, only one gets it.
    /// </summary>
    public T? Take(long number)
    {
        lock (_gate)
            return _objects.Remove(number, out var taken) ? taken : null;
    }

    /// <summary>Removes and returns all objects, ordered by number.</summary>
    public T[] TakeAll()
    {
        lock (_gate)
        {
            var all = Ordered();
            _objects.Clear();
            return all;
        }
    }

    /// <summary>Returns all current objects, ordered by number.</summary>
    public T[] ToArray()
    {
        lock (_gate)
            return Ordered();
    }

    private T[] Ordered() => [.. _objects.OrderBy(static entry => entry.Key).Select(static entry => entry.Value)];
}
