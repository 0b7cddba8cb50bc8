using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the position of one listener in a set of broadcasts. Only the names that changed since the listener last read are kept, so
/// the memory is bounded by the number of names: a broadcast that began and ended in the meantime is not reported, and a replaced
/// broadcast is reported as an end and a beginning.
/// </summary>
internal sealed class AnnounceCursor : IDisposable
{
    private readonly OriginProducer _origin;
    private readonly BroadcastPath _prefix;
    private readonly bool _includesHidden;
    private readonly OriginScope? _scope;
    private readonly Signal _more;
    private readonly Action _wake;
    // The names whose current broadcast differs from the one that was last reported.
    private readonly SortedSet<BroadcastPath> _changed = [];
    private readonly Dictionary<BroadcastPath, BroadcastConsumer> _reported = [];
    private SortedSet<BroadcastPath>? _rerouted;
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
    /// Gets a value indicating whether the listener also reads that the route of a broadcast has changed which it has read before.
    /// </summary>
    public bool ReadsRoutes { get; init; }

    /// <summary>Gets a value indicating whether the set of broadcasts has ended and every change has been read.</summary>
    public bool IsOver
    {
        get
        {
            lock (_origin.Gate)
                return IsIdle && _origin.IsOver;
        }
    }

    /// <summary>Gets a value indicating whether every change has been read. The caller must hold the lock of the origin.</summary>
    private bool IsIdle => _changed.Count == 0 && _rerouted is null or { Count: 0 };

    /// <summary>Tries to read the next change. Changes are read in the order of the broadcast names.</summary>
    public bool TryNext(out Announcement announcement)
    {
        lock (_origin.Gate)
        {
            _current = null;
            _isFirst = false;
            if (IsIdle || _isStopped)
            {
                announcement = null!;
                return false;
            }

            if (_changed.Count == 0)
            {
                announcement = NextRoute();
                return true;
            }

            var path = _changed.Min;
            _current = path;
            var live = _origin.Live(path);
            if (_reported.Remove(path, out var ended))
            {
                // The broadcast that replaces the ended one is reported next.
                if (live is null)
                    _changed.Remove(path);
                _rerouted?.Remove(path);
                announcement = new Announcement(NameOf(path), ended, false);
                return true;
            }

            _changed.Remove(path);
            _reported.Add(path, live!);
            announcement = new Announcement(NameOf(path), live!, true);
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
            if (_reported.Count > 0)
                throw new InvalidOperationException("A change has been read. The live broadcasts can only be read before it.");
            var live = new List<Announcement>(_changed.Count);
            foreach (var path in _changed)
            {
                var broadcast = _origin.Live(path)!;
                _reported.Add(path, broadcast);
                live.Add(new Announcement(NameOf(path), broadcast, true));
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
                && (_current == path || _changed.Contains(path) || _rerouted?.Contains(path) == true || (_isFirst && _reported.ContainsKey(path)));
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
                if (!IsIdle)
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
    /// Records that the broadcast with a name has changed. If the new broadcast is the one that was last reported, a pending change of
    /// the name is removed instead. The caller must hold the lock of the origin.
    /// </summary>
    internal void OnChanged(BroadcastPath path, BroadcastConsumer? live)
    {
        if (!_prefix.IsPrefixOf(path) || (!_includesHidden && path.IsHiddenBelow(_prefix)))
            return;
        if (_scope is not null && !_scope.Contains(path))
            return;
        if (live == _reported.GetValueOrDefault(path))
            _changed.Remove(path);
        else if (_changed.Add(path))
            _wake();
    }

    /// <summary>
    /// Records that the route of the broadcast with a name has changed. A broadcast that was not read yet is read with its newest route. The
    /// caller must hold the lock of the origin.
    /// </summary>
    internal void OnRouteChanged(BroadcastPath path, BroadcastConsumer live)
    {
        if (ReadsRoutes && _reported.GetValueOrDefault(path) == live && !_changed.Contains(path) && (_rerouted ??= []).Add(path))
            _wake();
    }

    internal void Wake() => _wake();

    private Announcement NextRoute()
    {
        var path = _rerouted!.Min;
        _rerouted.Remove(path);
        _current = path;
        return new Announcement(NameOf(path), _reported[path], true) { IsRouteChange = true };
    }

    private BroadcastPath NameOf(BroadcastPath path) => _scope is null ? path : _scope.WithoutRoot(path);
}
