namespace IrohMoq.Reactive;

/// <summary>
/// Represents the listeners of a broadcast, in the order in which they were added. A listener is added to one list only, and once. The
/// caller must hold the lock of the broadcast.
/// </summary>
internal struct BroadcastListeners
{
    private BroadcastListener? _first;
    private BroadcastListener? _last;

    /// <summary>Gets the number of listeners. They are counted.</summary>
    public readonly int Count
    {
        get
        {
            var count = 0;
            for (var listener = _first; listener is not null; listener = listener.Next)
                count++;
            return count;
        }
    }

    public void Add(BroadcastListener listener)
    {
        listener.Previous = _last;
        if (_last is null)
            _first = listener;
        else
            _last.Next = listener;
        _last = listener;
    }

    /// <summary>Removes a listener. Has no effect if it is not in the list.</summary>
    public void Remove(BroadcastListener listener)
    {
        if (listener.Previous is null && _first != listener)
            return;
        if (listener.Previous is { } previous)
            previous.Next = listener.Next;
        else
            _first = listener.Next;
        if (listener.Next is { } next)
            next.Previous = listener.Previous;
        else
            _last = listener.Previous;
        (listener.Previous, listener.Next) = (null, null);
    }

    /// <summary>Removes and returns all listeners.</summary>
    public BroadcastListener[] TakeAll()
    {
        var all = ToArray();
        foreach (var listener in all)
            (listener.Previous, listener.Next) = (null, null);
        (_first, _last) = (null, null);
        return all;
    }

    public readonly BroadcastListener[] ToArray()
    {
        if (_first is null)
            return [];
        var all = new BroadcastListener[Count];
        var next = _first;
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = next!;
            next = next!.Next;
        }

        return all;
    }
}
