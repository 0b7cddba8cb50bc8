using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a set of named broadcasts whose changes can be observed. Publishing a broadcast under a name that is in use replaces the
/// current broadcast: every listener sees the old one end, then the new one begin. All members are thread-safe.
/// </summary>
public sealed partial class OriginProducer
{
    // Not sorted, because names are looked up far more often than listed. All of these are created on demand, because a session has two
    // origins, and uses little of them while it is idle.
    private Dictionary<BroadcastPath, Registration>? _live;
    private List<AnnounceCursor>? _cursors;
    private List<(BroadcastPath Path, Signal Signal)>? _waiters;
    private Func<MoqException>? _over;

    /// <summary>Initializes a new instance of the class, an empty set that uses the system clock.</summary>
    public OriginProducer()
        : this(ThreadPoolRuntime.Instance)
    {
    }

    internal OriginProducer(Runtime runtime) => Runtime = runtime;

    internal Runtime Runtime { get; }

    internal Lock Gate { get; } = new();

    /// <summary>Gets a value indicating whether the set of broadcasts has ended. The caller must hold <see cref="Gate"/>.</summary>
    internal bool IsOver => _over is not null;

    /// <summary>Returns an object that reads the set.</summary>
    public OriginConsumer Consume() => new(this);

    /// <summary>Returns an object that can publish only below certain prefixes, for code that must not use other names.</summary>
    /// <param name="prefixes">The prefixes; each matches entire path segments. The path without segments matches every name.</param>
    /// <exception cref="ArgumentException">There are no prefixes.</exception>
    public OriginPublisher Narrow(params ReadOnlySpan<BroadcastPath> prefixes) => new(this, OriginScope.Narrow(null, prefixes));

    /// <summary>Returns an object that can publish only below a root, and whose names do not contain the root.</summary>
    /// <param name="root">The root, a prefix of complete path segments.</param>
    public OriginPublisher WithRoot(BroadcastPath root) => new(this, OriginScope.WithRoot(null, root));

    /// <summary>
    /// Publishes a broadcast under a name. The broadcast is removed from the set when it ends, when the returned object is disposed, or
    /// when another broadcast is published under the name.
    /// </summary>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="broadcast">The broadcast to publish.</param>
    /// <returns>An object that removes this broadcast when it is disposed. A later broadcast with the same name is not affected.</returns>
    /// <exception cref="MoqException">The set of broadcasts has ended, for example because its session ended.</exception>
    public IDisposable Publish(BroadcastPath path, BroadcastConsumer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        var registration = new Registration(this, path, broadcast);
        var replaced = Put(registration, staysBelow: false);
        for (; replaced is not null; replaced = replaced.Below)
            replaced.Forget();
        return registration;
    }

    /// <summary>
    /// Publishes a broadcast under a name that may have several sources. When this broadcast is removed, the broadcast that previously
    /// had the name becomes current again, unless it has ended meanwhile.
    /// </summary>
    /// <exception cref="MoqException">The set of broadcasts has ended, for example because its session ended.</exception>
    internal IDisposable PublishOver(BroadcastPath path, BroadcastConsumer broadcast)
    {
        var registration = new Registration(this, path, broadcast);
        Put(registration, staysBelow: true);
        return registration;
    }

    /// <summary>Returns the names of the broadcasts that are currently in the set, in order.</summary>
    internal IReadOnlyList<BroadcastPath> Names()
    {
        lock (Gate)
        {
            return _live is null
                ? []
                : [.. _live.Where(static entry => !entry.Value.Broadcast.Producer.IsOffer).Select(static entry => entry.Key).Order()];
        }
    }

    internal BroadcastConsumer? Find(BroadcastPath path)
    {
        lock (Gate)
            return Live(path) is { Producer.IsOffer: false } live ? live : null;
    }

    internal async ValueTask<BroadcastConsumer> WaitAsync(BroadcastPath path, CancellationToken cancellationToken)
    {
        var changed = new Signal(Runtime);
        try
        {
            while (true)
            {
                lock (Gate)
                {
                    _waiters?.Remove((path, changed));
                    if (Live(path) is { Producer.IsOffer: false } live)
                        return live;
                    if (_over is not null)
                        throw _over();
                    (_waiters ??= []).Add((path, changed));
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (Gate)
                _waiters?.Remove((path, changed));
        }
    }

    /// <summary>Waits until the set of broadcasts has ended.</summary>
    internal async ValueTask WaitForEndAsync(CancellationToken cancellationToken)
    {
        var changed = new Signal(Runtime);
        // Registered under the empty name: a broadcast with that name causes a spurious wake-up, which is harmless.
        var waiter = (default(BroadcastPath), changed);
        try
        {
            while (true)
            {
                lock (Gate)
                {
                    _waiters?.Remove(waiter);
                    if (_over is not null)
                        return;
                    (_waiters ??= []).Add(waiter);
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (Gate)
                _waiters?.Remove(waiter);
        }
    }

    /// <summary>Adds a listener for the broadcasts below a prefix. It receives the current broadcasts, and then every change.</summary>
    /// <param name="prefix">The prefix, which matches entire path segments.</param>
    /// <param name="wake">
    /// The callback that is called, while the lock of the origin is held, when there is a change to read; or null for a listener that
    /// calls <see cref="AnnounceCursor.WaitAsync"/>.
    /// </param>
    /// <param name="includeHidden">False if names with a segment after the prefix that begins with a dot are left out.</param>
    /// <param name="scope">The scope that limits and shortens the names, or null.</param>
    /// <param name="includeRoutes">True if changes of routes are reported as well.</param>
    internal AnnounceCursor OpenAnnouncements(
        BroadcastPath prefix, Action? wake = null, bool includeHidden = true, OriginScope? scope = null, bool includeRoutes = false)
    {
        return Open(new AnnounceCursor(this, prefix, wake, includeHidden, scope) { IncludesRoutes = includeRoutes });
    }

    /// <summary>Adds a listener for the broadcast with one name, and its routes, with the callback of one below a prefix.</summary>
    internal AnnounceCursor OpenAnnouncementsOf(BroadcastPath name, Action wake) =>
        Open(new AnnounceCursor(this, name, wake, includesHidden: true, scope: null)
        {
            IncludesRoutes = true, ExcludesBelow = true,
        });

    /// <summary>Adds a listener that announces the broadcasts below a prefix, and their routes, to a peer.</summary>
    /// <param name="prefix">The prefix, which matches entire path segments.</param>
    /// <param name="includesAbove">True to include those above the prefix, which may be routes to what is below it.</param>
    internal AnnounceCursor OpenAnnouncementsForPeer(BroadcastPath prefix, bool includesAbove) =>
        Open(new AnnounceCursor(this, prefix, wake: null, includesHidden: true, scope: null)
        {
            IncludesRoutes = true, IsForPeer = true, IncludesAbove = includesAbove,
        });

    private AnnounceCursor Open(AnnounceCursor cursor)
    {
        lock (Gate)
        {
            foreach (var (path, live) in _live ?? [])
                cursor.OnChanged(path, live.Broadcast);
            (_cursors ??= []).Add(cursor);
            return cursor;
        }
    }

    /// <summary>
    /// Ends the set: listeners see every broadcast end, and pending waits and later calls fail. A second call has no effect.
    /// </summary>
    internal void Close(Func<MoqException> failure)
    {
        Registration[] ended;
        lock (Gate)
        {
            if (_over is not null)
                return;
            _over = failure;
            ended = _live is null ? [] : [.. _live.Values.OrderBy(registration => registration.Path)];
            _live = null;
            foreach (var registration in ended)
                OnChanged(registration.Path, live: null);
            foreach (var cursor in _cursors ?? [])
                cursor.Wake();
            foreach (var waiter in _waiters ?? [])
                waiter.Signal.Set();
        }

        foreach (var top in ended)
        {
            for (var registration = top; registration is not null; registration = registration.Below)
                registration.Forget();
        }
    }

    /// <summary>
    /// Returns the live broadcast at the specified path, or null if there is none. The caller must hold <see cref="Gate"/>.
    /// </summary>
    internal BroadcastConsumer? Live(BroadcastPath path) => _live?.GetValueOrDefault(path)?.Broadcast;

    internal void Remove(AnnounceCursor cursor)
    {
        lock (Gate)
            _cursors?.Remove(cursor);
    }

    /// <summary>Tells the listeners and the waiters of the current broadcast of a name. The caller must hold <see cref="Gate"/>.</summary>
    private void OnChanged(BroadcastPath path, BroadcastConsumer? live)
    {
        if (_cursors is not null)
        {
            foreach (var cursor in _cursors)
                cursor.OnChanged(path, live);
        }

        if (_waiters is null)
            return;
        foreach (var waiter in _waiters)
        {
            if (waiter.Path == path)
                waiter.Signal.Set();
        }
    }
}
