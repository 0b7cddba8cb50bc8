namespace IrohMoq.Reactive;

/// <summary>Is told what happens to a broadcast. Its methods are called without the lock of the broadcast.</summary>
internal interface IBroadcastListener
{
    /// <summary>Called once, when the broadcast has ended.</summary>
    void OnEnded();

    /// <summary>Called when the route of the broadcast has changed, which <see cref="BroadcastProducer.Route"/> then returns.</summary>
    void OnRouteChanged();
}
