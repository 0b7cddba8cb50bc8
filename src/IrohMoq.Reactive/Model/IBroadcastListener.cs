namespace IrohMoq.Reactive;

/// <summary>Is told what happens to a broadcast. Its methods are called without the lock of the broadcast.</summary>
internal interface IBroadcastListener
{
    /// <summary>Called once, when the broadcast has ended.</summary>
    void OnEnded();

    /// <summary>
    /// Called when <see cref="BroadcastProducer.Route"/> has changed, or the routes to some peers that
    /// <see cref="BroadcastProducer.RouteTo"/> returns.
    /// </summary>
    void OnRouteChanged();
}
