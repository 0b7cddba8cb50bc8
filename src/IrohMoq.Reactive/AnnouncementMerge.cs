using System.Diagnostics.CodeAnalysis;
using System.Reactive.Disposables;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Merges the broadcasts that the peers of all sessions announce into one enumeration. Each session has a cursor, which keeps no
/// history. Only cursors with pending changes are in a queue, so that the cost of a change does not depend on the number of sessions,
/// and peers take turns.
/// </summary>
internal sealed class AnnouncementMerge : IObserver<SharedSession>, IDisposable
{
    private readonly Lock _gate = new();
    private readonly MoqManager _manager;
    private readonly Func<OriginConsumer, Action, AnnounceCursor> _open;
    private readonly Signal _changed;
    private readonly SerialDisposable _subscription = new();
    private readonly Dictionary<SharedSession, Source> _sources = [];
    private readonly Queue<Source> _ready = [];
    private Exception? _fault;
    private bool _isOver;
    private bool _isDisposed;

    private AnnouncementMerge(MoqManager manager, Func<OriginConsumer, Action, AnnounceCursor> open)
    {
        _manager = manager;
        _open = open;
        _changed = new Signal(manager.Runtime);
    }

    /// <summary>
    /// Gets a value indicating whether there will be no further session. It is read before the changes are taken: if all sessions have
    /// ended, their last changes can be taken already.
    /// </summary>
    public bool IsOver => Volatile.Read(ref _isOver);

    /// <summary>Begins to follow the sessions of a manager.</summary>
    /// <param name="manager">The manager.</param>
    /// <param name="open">
    /// The function that opens the cursor of a session, whose callback is called, while the lock of the origin is held, when there is a
    /// change to read.
    /// </param>
    public static AnnouncementMerge Open(MoqManager manager, Func<OriginConsumer, Action, AnnounceCursor> open)
    {
        var merge = new AnnouncementMerge(manager, open);
        merge.Follow();
        return merge;
    }

    public static async IAsyncEnumerable<PeerAnnouncement> ReadAsync(
        MoqManager manager,
        BroadcastPath prefix,
        bool includeHidden,
        bool includeRoutes,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var merge = Open(manager, (origin, wake) => origin.OpenAnnouncements(prefix, wake, includeHidden, includeRoutes));
        while (true)
        {
            var isOver = merge.IsOver;
            cancellationToken.ThrowIfCancellationRequested();
            while (merge.TryTake(out var session, out var next))
            {
                yield return new PeerAnnouncement(MoqSession.ViewOf(session), next.Path, next.Broadcast, next.IsActive)
                {
                    Route = next.Route, IsRouteChange = next.IsRouteChange,
                };
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (isOver && merge._fault is { } fault)
                throw fault;
            if (isOver)
                yield break;
            await merge.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until there may be a change to take, or the sessions are over.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    public void OnNext(SharedSession value)
    {
        var source = new Source(value);
        lock (_gate)
        {
            if (!_sources.TryAdd(value, source))
                return;
        }

        var cursor = _open(value.Remote, () => Enqueue(source, isFirst: false));
        bool isLate;
        lock (_gate)
        {
            source.Cursor = cursor;
            isLate = _isDisposed;
        }

        if (isLate)
            cursor.Dispose();
        else
            Enqueue(source, isFirst: true);
    }

    public void OnError(Exception error)
    {
        _fault = error;
        OnCompleted();
    }

    public void OnCompleted()
    {
        Volatile.Write(ref _isOver, true);
        _changed.Set();
    }

    public void Dispose()
    {
        _subscription.Dispose();
        Source[] sources;
        lock (_gate)
        {
            _isDisposed = true;
            sources = [.. _sources.Values];
        }

        foreach (var source in sources)
            source.Cursor?.Dispose();
    }

    /// <summary>
    /// Subscribes to the sessions that open. If notices were missed, the method subscribes again, starting with the sessions that are
    /// open; cursors of known sessions are kept.
    /// </summary>
    private void Follow() =>
        _subscription.Disposable = _manager.Notices
            .Observe<SharedSession>(
                static () => static (notice, _) => notice.Kind == SessionNoticeKind.Opened ? notice.Session : null,
                new Replay<Notice>(int.MaxValue, static notice => notice is { Session: not null, IsLive: true }),
                _manager.Scheduler,
                _ => Follow())
            .Subscribe(this);

    /// <summary>Takes the next change of the peer whose turn it is.</summary>
    public bool TryTake([NotNullWhen(true)] out SharedSession? session, out Announcement announcement)
    {
        while (Dequeue() is { Cursor: { } cursor } source)
        {
            if (cursor.TryNext(out announcement))
            {
                Enqueue(source, isFirst: false);
                session = source.Session;
                return true;
            }

            if (cursor.IsOver)
                Remove(source);
        }

        (session, announcement) = (null, null!);
        return false;
    }

    private Source? Dequeue()
    {
        lock (_gate)
        {
            if (!_ready.TryDequeue(out var source))
                return null;
            // The flag is cleared before the cursor is read, so that a later change queues the source again.
            source.IsQueued = false;
            return source;
        }
    }

    /// <summary>Adds a source to the queue. The caller may hold the lock of a session's origin.</summary>
    private void Enqueue(Source source, bool isFirst)
    {
        lock (_gate)
        {
            if (source.IsQueued && !isFirst)
                return;
            source.IsQueued = true;
            _ready.Enqueue(source);
        }

        _changed.Set();
    }

    private void Remove(Source source)
    {
        lock (_gate)
            _sources.Remove(source.Session);
        source.Cursor?.Dispose();
    }

    private sealed class Source(SharedSession session)
    {
        public SharedSession Session => session;

        public AnnounceCursor? Cursor { get; set; }

        /// <summary>
        /// Gets or sets a value indicating whether the source is in the queue. The value is initially true, until the cursor is open.
        /// </summary>
        public bool IsQueued { get; set; } = true;
    }
}
