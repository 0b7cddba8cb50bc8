using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// A set of named broadcasts whose changes can be observed. Publishing a name again replaces the broadcast: for every listener the old one
/// ends, then the new one begins. Every member may be used from any thread.
/// </summary>
public sealed class OriginProducer
{
    // Not sorted, because names are looked up far more often than listed.
    private readonly Dictionary<BroadcastPath, Registration> _live = [];
    private readonly List<AnnounceCursor> _cursors = [];
    private readonly List<(BroadcastPath Path, Signal Signal)> _waiters = [];
    private Func<MoqException>? _over;

    /// <summary>Creates an empty set on the system's clock.</summary>
    public OriginProducer()
        : this(ThreadPoolRuntime.Instance)
    {
    }

    internal OriginProducer(Runtime runtime) => Runtime = runtime;

    internal Runtime Runtime { get; }

    internal Lock Gate { get; } = new();

    /// <summary>The caller must hold the lock.</summary>
    internal bool IsOver => _over is not null;

    /// <summary>Returns a reader's view of the set.</summary>
    public OriginConsumer Consume() => new(this);

    /// <summary>
    /// Publishes a broadcast under a name. It is removed when it ends, when the result is disposed, or when the name is published again.
    /// </summary>
    /// <param name="path">The name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>An object that removes this broadcast when it is disposed. A later broadcast of the same name stays.</returns>
    /// <exception cref="MoqException">The set is over, for example because its session ended.</exception>
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
    /// Publishes a broadcast under a name that has several sources: the broadcast that had the name before is back when this one goes,
    /// unless it has gone meanwhile.
    /// </summary>
    /// <exception cref="MoqException">The set is over, for example because its session ended.</exception>
    internal IDisposable PublishOver(BroadcastPath path, BroadcastConsumer broadcast)
    {
        var registration = new Registration(this, path, broadcast);
        Put(registration, staysBelow: true);
        return registration;
    }

    /// <summary>Returns the names that are here now, in order.</summary>
    internal IReadOnlyList<BroadcastPath> Names()
    {
        lock (Gate)
            return [.. _live.Keys.Order()];
    }

    internal BroadcastConsumer? Find(BroadcastPath path)
    {
        lock (Gate)
            return _live.GetValueOrDefault(path)?.Broadcast;
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
                    if (_live.TryGetValue(path, out var live))
                        return live.Broadcast;
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

    /// <summary>Waits until the set is over.</summary>
    internal async ValueTask WaitForEndAsync(CancellationToken cancellationToken)
    {
        var changed = new Signal(Runtime);
        // Under the empty name: a broadcast of that name wakes it without need, which does no harm.
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

    /// <summary>Adds a listener for the broadcasts below a prefix: those of now, and then every change.</summary>
    /// <param name="prefix">The prefix, in whole segments.</param>
    /// <param name="wake">Called under the lock when there is a change to take, or null for a listener that waits by itself.</param>
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

    /// <summary>Ends the set: every broadcast in it ends, and waits and later calls fail. A second call has no effect.</summary>
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

    /// <summary>The caller must hold the lock.</summary>
    internal BroadcastConsumer? Live(BroadcastPath path) => _live.GetValueOrDefault(path)?.Broadcast;

    internal void Remove(AnnounceCursor cursor)
    {
        lock (Gate)
            _cursors.Remove(cursor);
    }

    /// <summary>Publishes a registration, and returns the one that had the name before, or null.</summary>
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

    /// <summary>Removes a registration below the live one, which no listener sees.</summary>
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

    /// <summary>One broadcast under one name. It is removed by itself only, and never by its name alone.</summary>
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

        /// <summary>Removes it when the broadcast ends.</summary>
        public void Watch()
        {
            Broadcast.Producer.OnEnd(_onEnd);
            // It may have been replaced before there was anything to forget.
            if (Volatile.Read(ref _isForgotten))
                Broadcast.Producer.ForgetOnEnd(_onEnd);
        }

        /// <summary>Leaves no callback at the broadcast.</summary>
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
