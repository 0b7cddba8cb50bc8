using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// A set of named broadcasts that can be listened to. A name that is published again replaces the old broadcast for everybody: it ends, then the new one begins.
/// Safe for any thread.
/// </summary>
public sealed class OriginProducer
{
    // Looked up far more often than listed: put in order when it is listed.
    private readonly Dictionary<BroadcastPath, Registration> _live = [];
    private readonly List<AnnounceCursor> _cursors = [];
    private readonly List<(BroadcastPath Path, Signal Signal)> _waiters = [];
    private Func<MoqException>? _over;

    /// <summary>Creates an empty set on the system's clock.</summary>
    public OriginProducer()
        : this(PoolTurns.Instance)
    {
    }

    internal OriginProducer(Turns turns) => Turns = turns;

    internal Turns Turns { get; }

    internal Lock Gate { get; } = new();

    /// <summary>Under the lock.</summary>
    internal bool IsOver => _over is not null;

    /// <summary>A reader's view of this set.</summary>
    public OriginConsumer Consume() => new(this);

    /// <summary>Puts a broadcast under a name. It goes when it ends, when the result is disposed, or when the name is published again, whichever is first.</summary>
    /// <param name="path">The name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>Takes this very broadcast out again when it is disposed; a successor of the same name stays.</returns>
    /// <exception cref="MoqException">The set is over.</exception>
    public IDisposable Publish(BroadcastPath path, BroadcastConsumer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        var registration = new Registration(this, path, broadcast);
        Registration? replaced;
        lock (Gate)
        {
            if (_over is not null)
                throw _over();
            _live.Remove(path, out replaced);
            _live.Add(path, registration);
            OnChanged(path);
        }

        replaced?.Forget();
        registration.Watch();
        return registration;
    }

    /// <summary>The names and broadcasts that are here now, in the order of their names.</summary>
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
        var changed = new Signal(Turns);
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

    /// <summary>A listener that is told what is below a prefix now, and then of every change.</summary>
    internal AnnounceCursor OpenAnnouncements(BroadcastPath prefix)
    {
        lock (Gate)
        {
            var cursor = new AnnounceCursor(this, prefix);
            foreach (var (path, live) in _live)
                cursor.OnChanged(path, live.Broadcast);
            _cursors.Add(cursor);
            return cursor;
        }
    }

    /// <summary>Ends the set: everything in it ends, waits and later calls fail. Again changes nothing.</summary>
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

        foreach (var registration in ended)
            registration.Forget();
    }

    /// <summary>Under the lock.</summary>
    internal BroadcastConsumer? Live(BroadcastPath path) => _live.GetValueOrDefault(path)?.Broadcast;

    internal void Remove(AnnounceCursor cursor)
    {
        lock (Gate)
            _cursors.Remove(cursor);
    }

    private void Remove(Registration registration)
    {
        lock (Gate)
        {
            if (!_live.TryGetValue(registration.Path, out var current) || current != registration)
                return;
            _live.Remove(registration.Path);
            OnChanged(registration.Path);
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

    /// <summary>One broadcast under one name: taken out by itself only, never by its name alone.</summary>
    private sealed class Registration(OriginProducer origin, BroadcastPath path, BroadcastConsumer broadcast) : IDisposable
    {
        private LinkedListNode<Action>? _onEnd;

        public BroadcastPath Path => path;

        public BroadcastConsumer Broadcast => broadcast;

        public void Watch()
        {
            _onEnd = new(() => origin.Remove(this));
            broadcast.Producer.OnEnd(_onEnd);
        }

        public void Forget()
        {
            if (_onEnd is { } onEnd)
                broadcast.Producer.ForgetOnEnd(onEnd);
        }

        public void Dispose()
        {
            origin.Remove(this);
            Forget();
        }
    }
}
