namespace IrohMoq.Reactive;

/// <content>Tells listeners of the end of the broadcast and of its routes.</content>
public sealed partial class BroadcastProducer
{
    private BroadcastListeners _listeners;

    /// <summary>Adds a listener. If the broadcast has already ended, the listener is told at once.</summary>
    internal void Listen(BroadcastListener listener)
    {
        lock (_gate)
        {
            if (_end is null)
            {
                _listeners.Add(listener);
                return;
            }
        }

        listener.OnEnded();
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

    /// <summary>Removes a listener. Has no effect if it was not added, or was told of the end.</summary>
    internal void Unlisten(BroadcastListener listener)
    {
        lock (_gate)
            _listeners.Remove(listener);
    }
}
