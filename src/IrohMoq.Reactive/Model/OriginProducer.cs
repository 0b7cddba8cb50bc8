using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a set of named broadcasts whose changes can be observed. Publishing a broadcast under a name that is in use replaces the
/// current broadcast: every listener sees the old one end, then the new one begin. All members are thread-safe.
/// </summary>
public sealed partial class OriginProducer
{
    // Not sorted, because names are looked up far more often than listed.
    private readonly Dictionary<BroadcastPath, Registration> _live = [];
    private readonly List<AnnounceCursor> _cursors = [];
    private readonly List<(BroadcastPath Path, Signal Signal)> _waiters = [];
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
            return [.. _live.Where(static entry => !entry.Value.Broadcast.Producer.IsOffer).Select(static entry => entry.Key).Order()];
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
                    _waiters.Remove((path, changed));
                    if (Live(path) is { Producer.IsOffer: false } live)
                        return live;
                    if (_over is not null)
                        throw _over();
                    _waiters.Add((path, changed));
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (Gate)
                _waiters.Remove((path, changed));
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
                    _waiters.Remove(waiter);
                    if (_over is not null)
                        return;
                    _waiters.Add(waiter);
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (Gate)
                _waiters.Remove(waiter);
        }
    }

    /// <summary>Adds a listener for the broadcasts below a prefix. It receives the current broadcasts, and then every change.</summary>
    /// <param name="prefix">The prefix, which matches entire path segments.</param>
    /// <param name="wake">
    /// The callback that is called, while the lock of the origin is held, when there is a change to read; or null for a listener that
    /// calls <see cref="AnnounceCursor.WaitAsync"/>.
    /// </param>
    internal AnnounceCursor OpenAnnouncements(BroadcastPath prefix, Action? wake = null)
    {
        lock (Gate)
        {
            var cursor = new AnnounceCursor(this, prefix, wake);
            foreach (var (path, live) in _live)
                cursor.OnChanged(path, live.Broadcast);
            _cursors.Add(cursor);
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
            ended = [.. _live.Values.OrderBy(registration => registration.Path)];
            _live.Clear();
            foreach (var registration in ended)
                OnChanged(registration.Path);
            foreach (var cursor in _cursors)
                cursor.Wake();
            foreach (var waiter in _waiters)
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
    internal BroadcastConsumer? Live(BroadcastPath path) => _live.GetValueOrDefault(path)?.Broadcast;

    internal void Remove(AnnounceCursor cursor)
    {
        lock (Gate)
            _cursors.Remove(cursor);
    }

    /// <summary>Makes a registration current, and returns the registration that had the name before, or null.</summary>
    private Registration? Put(Registration registration, bool staysBelow)
    {
        Registration? before;
        lock (Gate)
        {
            if (_over is not null)
                throw _over();
            _live.Remove(registration.Path, out before);
            if (staysBelow)
                registration.Below = before;
            _live.Add(registration.Path, registration);
            OnChanged(registration.Path);
        }

        registration.Watch();
        return before;
    }

    private void Remove(Registration registration)
    {
        lock (Gate)
        {
            if (!_live.TryGetValue(registration.Path, out var top))
                return;
            if (top != registration)
            {
                Unlink(registration, top);
                return;
            }

            if (top.Below is { } below)
                _live[registration.Path] = below;
            else
                _live.Remove(registration.Path);
            OnChanged(registration.Path);
        }
    }

    /// <summary>Removes a registration that is not the current one. Listeners are not notified.</summary>
    private static void Unlink(Registration registration, Registration top)
    {
        for (var above = top; above.Below is { } below; above = below)
        {
            if (below != registration)
                continue;
            above.Below = registration.Below;
            return;
        }
    }

    private void OnChanged(BroadcastPath path)
    {
        var live = Live(path);
        foreach (var cursor in _cursors)
            cursor.OnChanged(path, live);
        foreach (var waiter in _waiters)
        {
            if (waiter.Path == path)
                waiter.Signal.Set();
        }
    }

    /// <summary>
    /// Represents the publication of one broadcast under one name. It is removed by identity and never by name, so that a later
    /// registration of the name is not affected.
    /// </summary>
    private sealed class Registration : IDisposable
    {
        private readonly OriginProducer _origin;
        private readonly LinkedListNode<Action> _onEnd;
        private bool _isForgotten;

        public Registration(OriginProducer origin, BroadcastPath path, BroadcastConsumer broadcast)
        {
            _origin = origin;
            Path = path;
            Broadcast = broadcast;
            _onEnd = new LinkedListNode<Action>(() => origin.Remove(this));
        }

        public BroadcastPath Path { get; }

        public BroadcastConsumer Broadcast { get; }

        /// <summary>
        /// Gets or sets the registration that becomes current again when this one is removed. While this one is current, the caller must
        /// hold the lock of the origin.
        /// </summary>
        public Registration? Below { get; set; }

        /// <summary>Registers a callback that removes this registration when the broadcast ends.</summary>
        public void Watch()
        {
            Broadcast.Producer.OnEnd(_onEnd);
            // The registration may have been replaced before the callback was registered.
            if (Volatile.Read(ref _isForgotten))
                Broadcast.Producer.ForgetOnEnd(_onEnd);
        }

        /// <summary>Removes the callback from the broadcast.</summary>
        public void Forget()
        {
            Volatile.Write(ref _isForgotten, true);
            Broadcast.Producer.ForgetOnEnd(_onEnd);
        }

        public void Dispose()
        {
            _origin.Remove(this);
            Forget();
        }
    }
}
