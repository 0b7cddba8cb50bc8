namespace IrohMoq.Reactive;

/// <summary>
/// Is told what happens to one broadcast. Its methods are called without the lock of the broadcast. A listener is also its own entry in
/// the list of the broadcast, so that it takes no further memory, and is removed without a search among those of many sessions.
/// </summary>
internal abstract class BroadcastListener
{
    /// <summary>Gets or sets the listener that was added before, if any. Only the list may use this property.</summary>
    internal BroadcastListener? Previous { get; set; }

    /// <summary>Gets or sets the listener that was added next, if any. Only the list may use this property.</summary>
    internal BroadcastListener? Next { get; set; }

    /// <summary>Called once, when the broadcast has ended.</summary>
    public abstract void OnEnded();

    /// <summary>
    /// Called when <see cref="BroadcastProducer.Route"/> has changed, or the routes to some peers that
    /// <see cref="BroadcastProducer.RouteTo"/> returns.
    /// </summary>
    public abstract void OnRouteChanged();
}
