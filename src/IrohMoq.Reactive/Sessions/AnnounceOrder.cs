using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Orders the answers to subscriptions and fetches behind the announcements on one connection: a peer that asks for a name must know
/// whether another broadcast has taken the name meanwhile, because a track that it reads may only continue with the same content. This
/// type is thread-safe.
/// </summary>
internal sealed class AnnounceOrder(Runtime runtime)
{
    /// <summary>The maximum time that an answer waits for a peer that does not read its announcements.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<AnnounceCursor> _cursors = [];
    private WaitingSignals _waiters;

    /// <summary>Adds the announcements of one stream.</summary>
    public void Add(AnnounceCursor cursor)
    {
        lock (_gate)
            _cursors.Add(cursor);
    }

    /// <summary>Removes the announcements of a stream that has ended.</summary>
    public void Remove(AnnounceCursor cursor)
    {
        lock (_gate)
            _cursors.Remove(cursor);
        OnWritten();
    }

    /// <summary>Records that an announcement was written.</summary>
    public void OnWritten()
    {
        lock (_gate)
            _waiters.SetAll();
    }

    /// <summary>Waits until every change of a name is written that has happened, or until the time limit elapses.</summary>
    public async ValueTask WaitAsync(BroadcastPath path, CancellationToken cancellationToken)
    {
        if (!IsPending(path))
            return;
        var changed = new Signal(runtime);
        using var limit = runtime.Limit(Limit, cancellationToken);
        lock (_gate)
            _waiters.Add(changed);
        try
        {
            while (IsPending(path))
                await changed.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            // The peer learns of the change later.
        }
        finally
        {
            lock (_gate)
                _waiters.Remove(changed);
        }
    }

    private bool IsPending(BroadcastPath path)
    {
        lock (_gate)
        {
            foreach (var cursor in _cursors)
            {
                if (cursor.IsPending(path))
                    return true;
            }

            return false;
        }
    }
}
