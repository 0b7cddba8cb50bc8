using System.Reactive.Disposables;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// One reading of what the peers of all sessions announce. Each session has a cursor, which keeps no history; the cursors that have
/// something to take stand in a queue, so a change costs the same however many sessions there are, and each peer gets its turn.
/// </summary>
internal sealed class AnnouncementMerge : IObserver<SharedSession>, IDisposable
{
    private readonly Lock _gate = new();
    private readonly MoqManager _manager;
    private readonly BroadcastPath _prefix;
    private readonly Signal _changed;
    private readonly SerialDisposable _subscription = new();
    private readonly Dictionary<SharedSession, Source> _sources = [];
    private readonly Queue<Source> _ready = [];
    private Exception? _fault;
    private bool _isOver;
    private bool _isDisposed;

    private AnnouncementMerge(MoqManager manager, BroadcastPath prefix)
    {
        _manager = manager;
        _prefix = prefix;
        _changed = new Signal(manager.Runtime);
    }

    public static async IAsyncEnumerable<PeerAnnouncement> ReadAsync(
        MoqManager manager, BroadcastPath prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var merge = new AnnouncementMerge(manager, prefix);
        merge.Follow();
        while (true)
        {
            // Read first: what the ended sessions have left is in the queue then.
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

        var cursor = value.Remote.OpenAnnouncements(_prefix, () => Enqueue(source, isFirst: false));
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
    /// Follows the sessions that open. After a lag it begins again with those that are open; the ones that it follows already stay.
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
            // Before its cursor is read, so that a later change queues it again.
            source.IsQueued = false;
            return source;
        }
    }

    /// <summary>Queues a source. The caller may hold the lock of a session's origin.</summary>
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

        /// <summary>Gets or sets a value indicating whether the source is queued. It is from the start, until its cursor is open.</summary>
        public bool IsQueued { get; set; } = true;
    }
}
