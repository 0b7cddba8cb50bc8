namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Keeps broadcasts by their names as long as they are used. The references are weak, because nothing tells when the application does not
/// need a broadcast any more; subscriptions keep it. The caller synchronizes.
/// </summary>
internal sealed class UsedBroadcasts
{
    private const int FirstLimit = 64;

    private readonly Dictionary<BroadcastPath, WeakReference<BroadcastProducer>> _all = [];
    private int _limit = FirstLimit;

    /// <summary>Gets the broadcasts that are used.</summary>
    public IEnumerable<BroadcastProducer> All
    {
        get
        {
            foreach (var reference in _all.Values)
            {
                if (reference.TryGetTarget(out var broadcast))
                    yield return broadcast;
            }
        }
    }

    /// <summary>Returns the broadcast with a name, or null if none is used.</summary>
    public BroadcastProducer? Find(BroadcastPath path) =>
        _all.TryGetValue(path, out var reference) && reference.TryGetTarget(out var broadcast) ? broadcast : null;

    /// <summary>Adds a broadcast, which replaces one with the same name.</summary>
    public void Add(BroadcastPath path, BroadcastProducer broadcast)
    {
        if (_all.Count >= _limit)
            ForgetUnused();
        _all[path] = new WeakReference<BroadcastProducer>(broadcast);
    }

    private void ForgetUnused()
    {
        foreach (var (path, reference) in _all)
        {
            if (!reference.TryGetTarget(out _))
                _all.Remove(path);
        }

        _limit = Math.Max(FirstLimit, 2 * _all.Count);
    }
}
