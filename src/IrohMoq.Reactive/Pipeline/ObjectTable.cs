namespace IrohMoq.Reactive.Pipeline;

/// <summary>The objects of one kind behind the pipeline's numbers. Any thread.</summary>
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

    public T? Find(long number)
    {
        lock (_gate)
            return _objects.GetValueOrDefault(number);
    }

    /// <summary>Takes an object out; of several takers one gets it.</summary>
    public T? Take(long number)
    {
        lock (_gate)
            return _objects.Remove(number, out var taken) ? taken : null;
    }

    /// <summary>What is here now, in the order of the numbers.</summary>
    public T[] ToArray()
    {
        lock (_gate)
            return [.. _objects.Values];
    }
}
