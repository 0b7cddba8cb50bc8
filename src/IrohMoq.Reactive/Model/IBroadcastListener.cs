namespace IrohMoq.Reactive;

/// <summary>Receives the changes of a broadcast. The methods are called without the lock of the broadcast, on any thread.</summary>
internal interface IBroadcastListener
{
    /// <summary>Called once, when the broadcast has ended, or when the listener is added if it has ended before.</summary>
    void OnEnded();

    /// <summary>Called when the route of the broadcast may have changed, to some peers or to all.</summary>
    void OnRouteChanged()
    {
        // Most listeners follow the end only.
    }
}
