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
    private readonly BroadcastPath _prefix;
    private readonly bool _includesHidden;
    private readonly Signal _changed;
    private readonly SerialDisposable _subscription = new();
    private readonly Dictionary<SharedSession, Source> _sources = [];
    private readonly Queue<Source> _ready = [];
    private Exception? _fault;
    private bool _isOver;
    private bool _isDisposed;

    private AnnouncementMerge(MoqManager manager, BroadcastPath prefix, bool includesHidden)
    {
        _manager = manager;
        _prefix = prefix;
        _includesHidden = includesHidden;
        _changed = new Signal(manager.Runtime);
    }

    public static async IAsyncEnumerable<PeerAnnouncement> ReadAsync(
        MoqManager manager, BroadcastPath prefix, bool includeHidden, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var merge = new AnnouncementMerge(manager, prefix, includeHidden);
        merge.Follow();
        while (true)
        {
            // This is read first: if all sessions have ended, their last changes are in the queue already.
            var isOver = Volatile.Read(ref merge._isOver);
            cancellationToken.ThrowIfCancellationRequested();
            while (merge.TryTake(out var announcement))
            {
                yield return announcement;
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (isOver && merge._fault is { } fault)
                throw fault;
            if (isOver)
                yield break;
            await merge._changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void OnNext(SharedSession value)
    {
        var source = new Source(value);
        lock (_gate)
        {
            if (!_sources.TryAdd(value, source))
                return;
        }

        var cursor = value.Remote.OpenAnnouncements(_prefix, () => Enqueue(source, isFirst: false), _includesHidden);
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

    /// <summary>Returns the next change of the peer whose turn it is.</summary>
    private bool TryTake(out PeerAnnouncement announcement)
    {
        while (Dequeue() is { Cursor: { } cursor } source)
        {
            if (cursor.TryNext(out var next))
            {
                Enqueue(source, isFirst: false);
                announcement = new PeerAnnouncement(MoqSession.ViewOf(source.Session), next.Path, next.Broadcast, next.IsActive);
                return true;
            }

            if (cursor.IsOver)
                Remove(source);
        }

        announcement = null!;
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
