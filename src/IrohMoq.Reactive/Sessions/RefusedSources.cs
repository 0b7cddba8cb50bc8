namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Remembers which sources of a broadcast have refused a track, or have ended it with a failure. Each of them is tried again only when a
/// group has arrived since, so that sources that fail in turn do not keep the track subscriber busy. This type is thread-safe.
/// </summary>
internal sealed class RefusedSources(TrackState track)
{
    private readonly Lock _gate = new();
    private HashSet<BroadcastProducer>? _sources;
    // The highest group that had arrived when the first of the sources refused.
    private ulong? _highest;
    // The end with NO_CAPACITY after which another source was asked since a group has arrived. A second one is final.
    private SubscriptionEnd? _full;

    private ulong? Highest
    {
        get
        {
            lock (track.Gate)
                return track.Sequences.Highest;
        }
    }

    /// <summary>
    /// Determines whether a source has refused the track for lack of capacity after another one has, so that no third one is asked: where
    /// capacity is scarce, each further request would use more of it. See moq-lite, "Resolution".
    /// </summary>
    public bool IsFull(SubscriptionEnd end)
    {
        if (end.Code != MoqErrorCode.NoCapacity)
            return false;
        var highest = Highest;
        lock (_gate)
            return _full is not null && !ReferenceEquals(_full, end) && highest == _highest;
    }

    /// <summary>Records that a source does not deliver the track.</summary>
    /// <param name="source">The source, or null if it is not known.</param>
    /// <param name="end">How the subscription ended there.</param>
    public void Add(BroadcastProducer? source, SubscriptionEnd? end)
    {
        var highest = Highest;
        lock (_gate)
        {
            if (_sources is null || highest != _highest)
                (_sources, _full) = ([], null);
            _highest = highest;
            if (source is not null)
                _sources.Add(source);
            if (end?.Code == MoqErrorCode.NoCapacity)
                _full ??= end;
        }
    }

    /// <summary>Returns the sources that are not to be used next: those that have refused, and the one that is left.</summary>
    public HashSet<BroadcastProducer> With(BroadcastProducer? left)
    {
        lock (_gate)
        {
            var sources = new HashSet<BroadcastProducer>(_sources ?? []);
            if (left is not null)
                sources.Add(left);
            return sources;
        }
    }
}
