using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the broadcasts that are created when a subscriber requests them: the requests that wait for an answer, one for each name, and
/// the broadcasts with which requests were accepted. This type is thread-safe.
/// </summary>
internal sealed class BroadcastRequests : IBroadcastSource
{
    /// <summary>
    /// The number of accepted broadcasts from which on those without a reader are forgotten, whether their producers have ended them or
    /// not.
    /// </summary>
    public const int MaxIdle = 1024;

    /// <summary>
    /// The maximum number of accepted broadcasts that are kept for later subscribers. A producer may accept all names with one broadcast,
    /// which always has a reader, so that the number of names would otherwise be limited only by what peers request.
    /// </summary>
    public const int MaxAccepted = 65_536;

    private readonly Lock _gate = new();
    private readonly Runtime _runtime;
    private readonly RequestQueue<PendingBroadcast> _queue;
    private readonly Dictionary<BroadcastPath, PendingBroadcast> _pending = [];
    private readonly Dictionary<BroadcastPath, (BroadcastConsumer Broadcast, BroadcastListener OnEnd)> _accepted = [];
    private int _limit = MaxIdle;

    /// <param name="runtime">The clock on which subscribers and readers of requests wait.</param>
    /// <param name="closed">The action that is called when the last reader of requests is disposed.</param>
    public BroadcastRequests(Runtime runtime, Action closed)
    {
        _runtime = runtime;
        _queue = new RequestQueue<PendingBroadcast>(runtime, request => Reject(request, MoqErrorCode.Cancel), closed);
    }

    /// <summary>Gets the number of broadcasts that are kept for later subscribers.</summary>
    public int AcceptedCount
    {
        get
        {
            lock (_gate)
                return _accepted.Count;
        }
    }

    /// <summary>Gets a value indicating whether there is a reader of requests.</summary>
    public bool HasReaders => _queue.HasReaders;

    /// <summary>Adds a reader of requests.</summary>
    public RequestReader<PendingBroadcast> Open() => _queue.Open();

    /// <summary>Adds a reader of requests, which may also read those of other prefixes.</summary>
    /// <param name="more">The signal of the reader.</param>
    /// <returns>The queue of the requests.</returns>
    public RequestQueue<PendingBroadcast> Open(Signal more)
    {
        _queue.Add(more);
        return _queue;
    }

    /// <summary>Ends the requests: readers of requests receive the end.</summary>
    public void End() => _queue.End();

    public async ValueTask<BroadcastConsumer> RequestAsync(
        BroadcastPath path, Requester? peer, CancellationToken cancellationToken)
    {
        var answered = new Signal(_runtime);
        PendingBroadcast pending;
        lock (_gate)
        {
            if (_accepted.TryGetValue(path, out var accepted))
                return accepted.Broadcast;
            pending = Pending(path, peer);
            pending.Waiters.Add(answered);
        }

        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (pending.Answer is { } answer)
                        return answer;
                    if (pending.Refusal is { } code)
                        throw new MoqStreamException(code, $"The request of the broadcast '{path}' was rejected, with code {code}.");
                }

                await answered.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
            {
                pending.Waiters.Remove(answered);
                // Nobody wants the answer any more.
                if (pending.Waiters.Count == 0 && !pending.IsAnswered)
                    Forget(pending);
            }
        }
    }

    public void Accept(PendingBroadcast pending, BroadcastConsumer broadcast)
    {
        BroadcastProducer.ThrowIfOtherClock(_runtime, broadcast.Producer);
        var onEnd = new EndAction(() => Remove(pending.Path, broadcast));
        lock (_gate)
        {
            if (pending.IsAnswered)
                throw new MoqException(MoqErrorCode.Duplicate, $"The request of the broadcast '{pending.Path}' was answered before.");
            pending.Answer = broadcast;
            SetAnswered(pending);
            if (_accepted.Count >= _limit)
                ForgetIdle();
            if (_accepted.Count >= MaxAccepted)
                return;
            Forget(pending.Path);
            _accepted.Add(pending.Path, (broadcast, onEnd));
        }

        broadcast.Producer.Listen(onEnd);
        // The broadcast may have been forgotten before the callback was registered.
        if (!IsKept(pending.Path, onEnd))
            broadcast.Producer.Unlisten(onEnd);
    }

    public void Reject(PendingBroadcast pending, MoqErrorCode code)
    {
        lock (_gate)
        {
            if (pending.IsAnswered)
                return;
            pending.Refusal = code;
            SetAnswered(pending);
        }
    }

    /// <summary>Returns the request of a name that waits for an answer, which may be a new one.</summary>
    private PendingBroadcast Pending(BroadcastPath path, Requester? peer)
    {
        if (_pending.TryGetValue(path, out var pending))
            return pending;
        if (!_queue.HasReaders)
            throw new MoqStreamException(MoqErrorCode.Unroutable, $"Nobody accepts requests of the broadcast '{path}' any more.");
        pending = new PendingBroadcast(this, path);
        if (!_queue.TryAdd(pending, peer))
        {
            throw new MoqStreamException(
                MoqErrorCode.NoCapacity,
                $"The broadcast '{path}' was not requested: too many requests of broadcasts have not been answered. Try again later.");
        }

        _pending.Add(path, pending);
        return pending;
    }

    private void SetAnswered(PendingBroadcast pending)
    {
        Forget(pending);
        foreach (var waiter in pending.Waiters)
            waiter.Set();
    }

    private void Forget(PendingBroadcast pending)
    {
        if (_pending.GetValueOrDefault(pending.Path) == pending)
            _pending.Remove(pending.Path);
        _queue.Remove(pending);
    }

    private void Remove(BroadcastPath path, BroadcastConsumer broadcast)
    {
        lock (_gate)
        {
            if (_accepted.GetValueOrDefault(path).Broadcast == broadcast)
                _accepted.Remove(path);
        }
    }

    private bool IsKept(BroadcastPath path, BroadcastListener onEnd)
    {
        lock (_gate)
            return _accepted.GetValueOrDefault(path).OnEnd == onEnd;
    }

    /// <summary>Forgets an accepted broadcast. The caller must hold the lock.</summary>
    private void Forget(BroadcastPath path)
    {
        if (_accepted.Remove(path, out var accepted))
            accepted.Broadcast.Producer.Unlisten(accepted.OnEnd);
    }

    /// <summary>Forgets the broadcasts without a reader, so that requests of ever new names do not fill the memory.</summary>
    private void ForgetIdle()
    {
        foreach (var (path, accepted) in _accepted)
        {
            if (!accepted.Broadcast.Producer.ReaderCount.IsAny)
                Forget(path);
        }

        _limit = Math.Clamp(2 * _accepted.Count, MaxIdle, MaxAccepted);
    }
}
