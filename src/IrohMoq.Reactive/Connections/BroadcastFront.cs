using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Represents one broadcast that several peers may announce, in all sessions: a broadcast of this side whose tracks are read from one of
/// its sources, and move to another one when that is lost. All sources have the same first hop, which is the identity of the content; a
/// source whose first hop is unknown is alone. Where the announcement is a route, names below it are requested from the same sources. This
/// type is thread-safe. See docs/adr/0021-several-sources-of-a-broadcast.md.
/// </summary>
internal sealed partial class BroadcastFront
{
    private readonly Lock _gate = new();
    private readonly Runtime _runtime;
    private readonly SessionLimits _limits;
    private readonly TimeSpan _linger;
    // The best source is the first.
    private readonly List<FrontSource> _sources = [];
    private readonly List<Signal> _waiters = [];
    private BroadcastEnd? _end;

    /// <param name="name">The name of the broadcast.</param>
    /// <param name="first">The first source.</param>
    /// <param name="limits">The limits of what is received.</param>
    /// <param name="linger">The time for which the broadcast stays after its last source was lost.</param>
    /// <param name="runtime">The clock.</param>
    public BroadcastFront(BroadcastPath name, FrontSource first, SessionLimits limits, TimeSpan linger, Runtime runtime)
    {
        (Name, _limits, _linger, _runtime) = (name, limits, linger, runtime);
        Broadcast = FrontBroadcast.Create(this, name, limits, runtime);
        Add(first);
    }

    /// <summary>Gets the name that the sources announce.</summary>
    public BroadcastPath Name { get; }

    /// <summary>Gets the broadcast that the application reads.</summary>
    public BroadcastProducer Broadcast { get; }

    /// <summary>Gets a value indicating whether there is no source.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _sources.Count == 0;
        }
    }

    /// <summary>Gets what determines whether the best source is used before that of another front; null without a source.</summary>
    public (BroadcastRoute Route, long Session)? Rank
    {
        get
        {
            lock (_gate)
            {
                Sort();
                return _sources.FirstOrDefault()?.Rank;
            }
        }
    }

    /// <summary>Determines whether a source has the same content.</summary>
    public bool HasContentOf(FrontSource source) => Broadcast.Route.HasOriginOf(source.Broadcast.Route);

    /// <summary>Adds a source, which must have the same content.</summary>
    public void Add(FrontSource source)
    {
        lock (_gate)
        {
            _sources.Add(source);
            Wake();
        }

        UpdateRoute();
    }

    /// <summary>Removes the source that reads the given broadcast, and returns it; or null if it is no source of this front.</summary>
    public FrontSource? Remove(BroadcastProducer broadcast)
    {
        FrontSource removed;
        lock (_gate)
        {
            var index = _sources.FindIndex(source => source.Broadcast == broadcast);
            if (index < 0)
                return null;
            removed = _sources[index];
            _sources.RemoveAt(index);
            Wake();
        }

        UpdateRoute();
        return removed;
    }

    /// <summary>Applies that the route of a source has changed. Has no effect if it is no source of this front.</summary>
    public void OnRouteChanged(BroadcastProducer broadcast)
    {
        lock (_gate)
        {
            if (!_sources.Exists(source => source.Broadcast == broadcast))
                return;
            Wake();
        }

        UpdateRoute();
    }

    /// <summary>Removes and returns all sources.</summary>
    public FrontSource[] TakeAll()
    {
        lock (_gate)
        {
            FrontSource[] all = [.. _sources];
            _sources.Clear();
            return all;
        }
    }

    /// <summary>Ends the front. What is read from its sources continues there, and moves no more.</summary>
    public void End(BroadcastEnd end)
    {
        lock (_gate)
        {
            _end = end;
            Wake();
        }

        Broadcast.End(end);
        foreach (var broadcast in Requested())
            broadcast.End(end);
    }

    /// <summary>Finds a source for the broadcast with the given name, as <see cref="IBroadcastFront.Find"/> does.</summary>
    public TrackSource? Find(
        BroadcastPath path, IReadOnlyCollection<BroadcastProducer> except, IReadOnlyCollection<Requester> peers)
    {
        lock (_gate)
        {
            // A route may have changed of which the front is not told yet.
            Sort();
            TrackSource? looped = null;
            foreach (var source in _sources)
            {
                if (except.Contains(source.Broadcast) || source.TryUse(path) is not { } usable)
                    continue;
                if (!peers.Any(source.LeadsThrough))
                    return usable;
                looped ??= usable;
            }

            return looped;
        }
    }

    /// <inheritdoc cref="IBroadcastFront.LeadsThrough"/>
    public bool LeadsThrough(BroadcastProducer source, Requester peer)
    {
        lock (_gate)
            return _sources.Exists(one => one.Broadcast == source && one.LeadsThrough(peer));
    }

    /// <inheritdoc cref="IBroadcastFront.HoldSession"/>
    public IDisposable? HoldSession(BroadcastProducer source)
    {
        lock (_gate)
            return _sources.Find(one => one.Broadcast == source)?.HoldSession();
    }

    /// <summary>Waits for a source for the broadcast with the given name, as <see cref="IBroadcastFront.NextAsync"/> does.</summary>
    public async ValueTask<TrackSource?> NextAsync(
        BroadcastPath path, IReadOnlyCollection<BroadcastProducer> except, TrackState track, CancellationToken cancellationToken)
    {
        using var limit = _runtime.Limit(_linger + _limits.Handover, cancellationToken);
        var changed = new Signal(_runtime);
        try
        {
            while (true)
            {
                var peers = track.ReadingPeers();
                lock (_gate)
                {
                    if (Find(path, except, peers) is { } found)
                        return found;
                    if (_end is not null || !MayChange(path, except))
                        return null;
                    if (!_waiters.Contains(changed))
                        _waiters.Add(changed);
                }

                await changed.WaitAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            return null;
        }
        finally
        {
            lock (_gate)
                _waiters.Remove(changed);
        }
    }

    /// <summary>
    /// Determines whether another source may come: there is none, or one has ended and is about to be removed, or cannot be asked until its
    /// session has another connection. The caller must hold the lock.
    /// </summary>
    private bool MayChange(BroadcastPath path, IReadOnlyCollection<BroadcastProducer> except) =>
        _sources.Count == 0 || _sources.Exists(source => source.TryUse(path) is null || !except.Contains(source.Broadcast));

    /// <summary>Puts the best source first. The caller must hold the lock.</summary>
    private void Sort()
    {
        if (_sources.Count > 1)
            _sources.Sort(static (first, second) => SourceOrder.Compare(first.Rank, second.Rank));
    }

    /// <summary>
    /// Returns the route to a peer: that of the best source that does not lead through the peer, or null. While there is no source because
    /// the last one was lost, the route stays. A route to keep stays while a source has it, and the best source does not have more hops:
    /// what the peer reads comes from the best source, and if each relay reads over no more hops than it announces, no relays read in a
    /// circle.
    /// </summary>
    public BroadcastRoute? RouteTo(Requester peer, BroadcastRoute? kept)
    {
        lock (_gate)
        {
            if (_sources.Count == 0)
            {
                var last = kept ?? Broadcast.Route;
                return last.LeadsThrough(peer.Hop) ? null : last;
            }

            Sort();
            var clean = _sources.FindAll(source => !source.LeadsThrough(peer)).ConvertAll(static source => source.Broadcast.Route);
            return kept is not null && clean.Exists(kept.HasHopsOf) && clean[0].Ids.Length <= kept.Ids.Length
                ? kept
                : clean.FirstOrDefault();
        }
    }

    /// <summary>
    /// States the route of the best source, and notifies those who announce the broadcasts. A front without a source keeps the last route,
    /// which is the identity of its content.
    /// </summary>
    private void UpdateRoute()
    {
        BroadcastRoute? best;
        lock (_gate)
        {
            Sort();
            best = _sources.FirstOrDefault()?.Broadcast.Route;
            if (best is not null)
                Broadcast.Below = _sources.Exists(static source => source.HasNamesBelow) ? this : null;
        }

        // A broadcast that is requested later begins with this route.
        SetRoute(Broadcast, best);
        foreach (var broadcast in Requested())
            SetRoute(broadcast, best);
    }

    private static void SetRoute(BroadcastProducer broadcast, BroadcastRoute? route)
    {
        if (route is null || route.Equals(broadcast.Route))
            broadcast.OnRouteChanged();
        else
            broadcast.Route = route;
    }

    private void Wake()
    {
        foreach (var waiter in _waiters)
            waiter.Set();
    }
}
