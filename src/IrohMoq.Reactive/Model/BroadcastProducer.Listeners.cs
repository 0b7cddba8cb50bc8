namespace IrohMoq.Reactive;

/// <content>Tells listeners of the end of the broadcast and of its routes.</content>
public sealed partial class BroadcastProducer
{
    private readonly LinkedList<IBroadcastListener> _listeners = [];

    /// <summary>
    /// Adds a listener. If the broadcast has already ended, the listener is told at once. The caller provides the list node, so that a
    /// listener is removed without a search among those of many sessions.
    /// </summary>
    internal void Listen(LinkedListNode<IBroadcastListener> entry)
    {
        lock (_gate)
        {
            if (_end is null)
            {
                _listeners.AddLast(entry);
                return;
            }
        }

        entry.Value.OnEnded();
    }

    /// <summary>Gets the number of listeners that have been added, and neither been told of the end nor removed.</summary>
    internal int ListenerCount
    {
        get
        {
            lock (_gate)
                return _listeners.Count;
        }
    }

    /// <summary>Removes a listener.</summary>
    internal void Unlisten(LinkedListNode<IBroadcastListener> entry)
    {
        lock (_gate)
            entry.List?.Remove(entry);
    }
}
