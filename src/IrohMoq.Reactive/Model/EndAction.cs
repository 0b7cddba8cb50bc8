namespace IrohMoq.Reactive;

/// <summary>Represents an action that runs when a broadcast has ended, for listeners to which its route does not matter.</summary>
internal sealed class EndAction(Action ended) : IBroadcastListener
{
    /// <summary>Creates the entry of an action in the list of a broadcast.</summary>
    public static LinkedListNode<IBroadcastListener> Entry(Action ended) => new(new EndAction(ended));

    public void OnEnded() => ended();

    public void OnRouteChanged()
    {
        // The listener waits only for the end.
    }
}
