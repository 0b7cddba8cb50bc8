using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the position of one listener in a set of broadcasts. Only the names that changed since the listener last read are kept, so
/// the memory is bounded by the number of names: a broadcast that began and ended in the meantime is not reported, a replaced broadcast is
/// reported as an end and a beginning, and of several changes of a route only the last one is reported.
/// </summary>
internal sealed class AnnounceCursor : IDisposable
{
    private readonly OriginProducer _origin;
    private readonly BroadcastPath _prefix;
    private readonly bool _includesHidden;
    private readonly OriginScope? _scope;
    private readonly Signal _more;
    private readonly Action _wake;
    // The names whose current broadcast, or its route, differs from the one that was last reported.
    private readonly SortedSet<BroadcastPath> _changed = [];
    // Created on demand, because many peers publish nothing.
    private Dictionary<BroadcastPath, Reported>? _reported;
    private BroadcastPath? _current;
    // True while the broadcasts that TakeLive has returned may not have been processed.
    private bool _isFirst;
    private bool _isStopped;

    internal AnnounceCursor(OriginProducer origin, BroadcastPath prefix, Action? wake, bool includesHidden, OriginScope? scope)
    {
        _origin = origin;
        _prefix = prefix;
        _includesHidden = includesHidden;
        _scope = scope;
        _more = new Signal(origin.Runtime);
        _wake = wake ?? _more.Set;
    }

    /// <summary>
    /// Gets a value indicating whether changes of routes are reported as well. It is set before the cursor is added to its origin.
    /// </summary>
    public bool IncludesRoutes { get; init; }

    /// <summary>
    /// Gets a value indicating whether the changes are announced to a peer. The route to the peer may be another one than that of the
    /// broadcast, so that every change of any route is reported. It is set before the cursor is added to its origin.
    /// </summary>
    public bool IsForPeer { get; init; }

    /// <summary>
    /// Gets a value indicating whether changes of the names above the prefix are reported as well. It is set before the cursor is added to
    /// its origin.
    /// </summary>
    public bool IncludesAbove { get; init; }

    /// <summary>
    /// Gets a value indicating whether changes of the names below the prefix are left out. It is set before the cursor is added to its
    /// origin.
    /// </summary>
    public bool ExcludesBelow { get; init; }

    /// <summary>Gets a value indicating whether the set of broadcasts has ended and every change has been read.</summary>
    public bool IsOver
    {
        get
        {
            lock (_origin.Gate)
                return _changed.Count == 0 && _origin.IsOver;
        }
    }

    /// <summary>Tries to read the next change. Changes are read in the order of the broadcast names.</summary>
    public bool TryNext(out Announcement announcement)
    {
        lock (_origin.Gate)
        {
            _current = null;
            _isFirst = false;
            if (_changed.Count == 0 || _isStopped)
            {
                announcement = null!;
                return false;
            }

            var path = _changed.Min;
            _current = path;
            var live = _origin.Live(path);
            ref var reported = ref CollectionsMarshal.GetValueRefOrAddDefault(_reported ??= [], path, out var isKnown);
            if (isKnown && live != reported.Broadcast)
            {
                announcement = new Announcement(NameOf(path), reported.Broadcast, false)
                {
                    Route = reported.Route ?? reported.Broadcast.Route,
                };
                _reported.Remove(path);
                // The broadcast that replaces the ended one is reported next.
                if (live is null)
                    _changed.Remove(path);
                return true;
            }

            var route = live!.Route;
            reported = new Reported(live, route);
            _changed.Remove(path);
            announcement = new Announcement(NameOf(path), live, true) { Route = route, IsRouteChange = isKnown };
            return true;
        }
    }

    /// <summary>
    /// Reads the broadcasts that are live, in the order of their names, in one step: none of them can end or be replaced in between. It
    /// can only be called before a change has been read.
    /// </summary>
    public IReadOnlyList<Announcement> TakeLive()
    {
        lock (_origin.Gate)
        {
            if (_isStopped)
                return [];
            if (_reported?.Count > 0)
                throw new InvalidOperationException("A change has been read. The live broadcasts can only be read before it.");
            var live = new List<Announcement>(_changed.Count);
            foreach (var path in _changed)
            {
                var broadcast = _origin.Live(path)!;
                var route = broadcast.Route;
                (_reported ??= []).Add(path, new Reported(broadcast, route));
                live.Add(new Announcement(NameOf(path), broadcast, true) { Route = route });
            }

            _changed.Clear();
            _isFirst = true;
            return live;
        }
    }

    /// <summary>
    /// Determines whether there is a change of a name that was not read, or that was read last, so that it may not have been processed.
    /// </summary>
    /// <param name="path">The complete name, also if the listener has a scope.</param>
    public bool IsPending(BroadcastPath path)
    {
        lock (_origin.Gate)
        {
            return !_isStopped
                && (_current == path || _changed.Contains(path) || (_isFirst && _reported?.ContainsKey(path) == true));
        }
    }

    /// <summary>Waits until there is a change to read.</summary>
    /// <returns>False if the cursor was stopped, or if the set of broadcasts has ended and every change has been read.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // A canceled listener reads no further change.
            cancellationToken.ThrowIfCancellationRequested();
            lock (_origin.Gate)
            {
                if (_isStopped)
                    return false;
                if (_changed.Count > 0)
                    return true;
                if (_origin.IsOver)
                    return false;
            }

            await _more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops the listener: no further change is read, and a wait ends.</summary>
    public void Stop()
    {
        lock (_origin.Gate)
            _isStopped = true;
        _wake();
    }

    public void Dispose() => _origin.Remove(this);

    /// <summary>
    /// Records that the broadcast with a name, or its route, has changed. If it is what was last reported, a pending change of the name is
    /// removed instead. The caller must hold the lock of the origin.
    /// </summary>
    internal void OnChanged(BroadcastPath path, BroadcastConsumer? live)
    {
        var isBelow = ExcludesBelow ? path == _prefix : _prefix.IsPrefixOf(path);
        if ((!isBelow && !(IncludesAbove && path.IsPrefixOf(_prefix))) || (!_includesHidden && path.IsHiddenBelow(_prefix)))
            return;
        if (_scope is not null && !_scope.Contains(path))
            return;
        if (IsAsReported(path, live))
            _changed.Remove(path);
        else if (_changed.Add(path))
            _wake();
    }

    /// <summary>
    /// Records that the route of the broadcast with a name has changed, to some peers or to all. The caller must hold the lock of the
    /// origin.
    /// </summary>
    internal void OnRouteChanged(BroadcastPath path, BroadcastConsumer live)
    {
        if (IsForPeer && _reported is not null && _reported.TryGetValue(path, out var before) && before.Broadcast == live)
            _reported[path] = new Reported(live, Route: null);
        OnChanged(path, live);
    }

    internal void Wake() => _wake();

    private bool IsAsReported(BroadcastPath path, BroadcastConsumer? live) =>
        _reported is not null && _reported.TryGetValue(path, out var before)
            ? live == before.Broadcast && (!IncludesRoutes || live.Route.Equals(before.Route))
            : live is null;

    private BroadcastPath NameOf(BroadcastPath path) => _scope is null ? path : _scope.WithoutRoot(path);

    /// <summary>Represents a broadcast as it was reported last; without a route if that is to be reported again in any case.</summary>
    private readonly record struct Reported(BroadcastConsumer Broadcast, BroadcastRoute? Route);
}
