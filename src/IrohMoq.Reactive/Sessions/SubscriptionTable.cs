namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The subscriptions of this side, by the id that their group streams carry. An id is never used twice. An unknown id belongs to a
/// subscription that has ended; its streams are stopped.
/// </summary>
internal sealed class SubscriptionTable(SubscriptionCount carried)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Subscription> _active = [];
    private ulong _next;

    /// <summary>Adds a subscription and returns its id. Groups may come before the answer to SUBSCRIBE.</summary>
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
