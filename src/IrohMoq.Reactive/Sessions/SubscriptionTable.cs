namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The subscriptions of this side by the id that their group streams carry. An id is never used twice; one that is not here
/// belongs to a subscription that has just ended, and its streams are stopped.
/// </summary>
internal sealed class SubscriptionTable(SubscriptionCount carried)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Subscription> _active = [];
    private ulong _next;

    /// <summary>Gives the subscription an id. It is known from now on: groups may come before the answer to SUBSCRIBE.</summary>
    public ulong Add(Subscription subscriber)
    {
        carried.Increment();
        lock (_gate)
        {
            _active.Add(_next, subscriber);
            return _next++;
        }
    }

    public Subscription? Find(ulong id)
    {
        lock (_gate)
            return _active.GetValueOrDefault(id);
    }

    public void Remove(ulong id)
    {
        bool removed;
        lock (_gate)
            removed = _active.Remove(id);
        if (removed)
            carried.Decrement();
    }
}
