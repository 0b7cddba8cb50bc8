namespace IrohMoq.Reactive;

/// <summary>Represents an action that runs when a broadcast has ended, for listeners to which its route does not matter.</summary>
internal sealed class EndAction(Action ended) : BroadcastListener
{
    public override void OnEnded() => ended();

    public override void OnRouteChanged()
    {
        // The listener waits only for the end.
    }
}
