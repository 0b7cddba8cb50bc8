using System.Reactive.Disposables;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// One reading of what the peers of all sessions announce. Each session has a cursor of its own, which keeps no history; those that have something to take stand in a queue, so a change costs the same however many sessions there are, and
/// no peer keeps the others from their turn.
/// </summary>
internal sealed class AnnouncementMerge : IObserver<SessionEvent>, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Moq _moq;
    private readonly BroadcastPath _prefix;
    private readonly Signal _changed;
    private readonly SerialDisposable _sessions = new();
    private readonly Dictionary<MoqSession, Source> _sources = [];
    private readonly Queue<Source> _ready = [];
    private Exception? _fault;
    private bool _isOver;
    private bool _isDisposed;

    private AnnouncementMerge(Moq moq, BroadcastPath prefix)
    {
        _moq = moq;
        _prefix = prefix;
        _changed = new Signal(moq.Runtime);
    }

    public static async IAsyncEnumerable<PeerAnnouncement> ReadAsync(Moq moq, BroadcastPath prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var merge = new AnnouncementMerge(moq, prefix);
        merge.Follow();
        while (true)
        {
            // Looked at first: what the sessions that are over have left to tell is in the queue by then.
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

    public void OnNext(SessionEvent value)
    {
        if (!value.IsOpening)
            return;
        var source = new Source(value.Session);
        lock (_gate)
        {
            if (!_sources.TryAdd(value.Session, source))
                return;
        }

        var cursor = value.Session.OriginConsumer.OpenAnnouncements(_prefix, () => Enqueue(source, isFirst: false));
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
        _sessions.Dispose();
        Source[] sources;
        lock (_gate)
        {
            _isDisposed = true;
            sources = [.. _sources.Values];
        }

        foreach (var source in sources)
            source.Cursor?.Dispose();
    }

    /// <summary>Whoever has missed sessions begins again with those that are open; those that are followed already stay.</summary>
    private void Follow() => _sessions.Disposable = _moq.ObserveSessions(_ => Follow()).Subscribe(this);

    /// <summary>The next change of the peer whose turn it is.</summary>
    private bool TryTake(out PeerAnnouncement announcement)
    {
        while (Dequeue() is { Cursor: { } cursor } source)
        {
            if (cursor.TryNext(out var next))
            {
                Enqueue(source, isFirst: false);
                announcement = new PeerAnnouncement(source.Session, next.Path, next.Broadcast, next.IsActive);
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
            // Before it is looked at, so that what changes meanwhile puts it back.
            source.IsQueued = false;
            return source;
        }
    }

    /// <summary>It may hold the lock of a session's set.</summary>
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

    private sealed class Source(MoqSession session)
    {
        public MoqSession Session => session;

        public AnnounceCursor? Cursor { get; set; }

        /// <summary>True from the start: it enters the queue when its cursor stands.</summary>
        public bool IsQueued { get; set; } = true;
    }
}
