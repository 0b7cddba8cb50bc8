namespace IrohMoq.Reactive.Connections;

/// <summary>The objects of one kind behind the numbers of the manager's state. This type is thread-safe.</summary>
internal sealed class ObjectTable<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, T> _objects = [];

    public void Add(long number, T item)
    {
        lock (_gate)
            _objects.Add(number, item);
    }

    /// <summary>Returns an object, or null if there is none of that number.</summary>
    public T? TryFind(long number)
    {
        lock (_gate)
            return _objects.GetValueOrDefault(number);
    }

    /// <summary>Returns an object.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that number.</exception>
    public T Find(long number) =>
        TryFind(number) ?? throw new KeyNotFoundException($"There is no {typeof(T).Name} with the number {number}.");

    /// <summary>Removes and returns an object; of several callers one gets it.</summary>
    public T? Take(long number)
    {
        lock (_gate)
            return _objects.Remove(number, out var taken) ? taken : null;
    }

    /// <summary>Removes and returns all objects, in the order of their numbers.</summary>
    public T[] TakeAll()
    {
        lock (_gate)
        {
            T[] all = [.. _objects.Values];
            _objects.Clear();
            return all;
        }
    }

    /// <summary>Returns the objects that are there now, in the order of their numbers.</summary>
    public T[] ToArray()
    {
        lock (_gate)
            return [.. _objects.Values];
    }
}
