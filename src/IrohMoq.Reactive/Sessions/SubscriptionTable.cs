namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Maps subscription IDs, which group streams carry, to the active subscriptions of this side. An ID is never used twice. A stream with
/// an unknown ID belongs to a subscription that has ended, and is stopped.
/// </summary>
internal sealed class SubscriptionTable(SubscriptionCount carried)
{
    private readonly Lock _gate = new();
    // Created on demand, because an idle connection has none.
    private Dictionary<ulong, Subscription>? _active;
    private ulong _next;

    /// <summary>Adds a subscription and returns its ID. Group streams may arrive before the answer to SUBSCRIBE.</summary>
    public ulong Add(Subscription subscriber)
    {
        carried.Increment();
        lock (_gate)
        {
            (_active ??= []).Add(_next, subscriber);
            return _next++;
        }
    }

    public Subscription? Find(ulong id)
    {
        lock (_gate)
            return _active?.GetValueOrDefault(id);
    }

    public void Remove(ulong id)
    {
        bool removed;
        lock (_gate)
            removed = _active?.Remove(id) == true;
        if (removed)
            carried.Decrement();
    }
}
