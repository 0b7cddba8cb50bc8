namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the ids that a peer has given its subscriptions, of which it may use each only once: group streams of two subscriptions could
/// not be told apart otherwise. Peers count from 0 on, so that one number stands for most ids; of the ids that are ahead of it, the highest
/// are kept up to a limit. This type is thread-safe.
/// </summary>
internal sealed class UsedIds
{
    /// <summary>The maximum number of ids that are kept.</summary>
    public const int MaxAhead = 4_096;

    private readonly Lock _gate = new();
    private readonly SortedSet<ulong> _ahead = [];
    // Every lower id was used.
    private ulong _next;

    /// <summary>Uses an id.</summary>
    /// <returns>False if it was used before.</returns>
    public bool TryUse(ulong id)
    {
        lock (_gate)
        {
            if (id < _next || !_ahead.Add(id))
                return false;
            while (_ahead.Remove(_next))
                _next++;
            if (_ahead.Count > MaxAhead)
                _ahead.Remove(_ahead.Min);
            return true;
        }
    }
}
