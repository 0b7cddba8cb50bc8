using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the broadcasts that are created when a subscriber requests them: the requests that wait for an answer, one for each name, and
/// the broadcasts with which requests were accepted. This type is thread-safe.
/// </summary>
internal sealed class BroadcastRequests : IBroadcastSource
{
    /// <summary>
    /// The number of accepted broadcasts from which on those without a reader are forgotten. Their producers end them, or not.
    /// </summary>
    public const int MaxIdle = 1024;

    private readonly Lock _gate = new();
    private readonly Runtime _runtime;
    private readonly RequestQueue<PendingBroadcast> _queue;
    private readonly Dictionary<BroadcastPath, PendingBroadcast> _pending = [];
    private readonly Dictionary<BroadcastPath, BroadcastConsumer> _accepted = [];
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

    /// <summary>Gets a value indicating whether anybody reads requests.</summary>
    public bool HasReaders => _queue.HasReaders;

    /// <summary>Adds a reader of requests.</summary>
    public RequestReader<PendingBroadcast> Open() => _queue.Open();

    /// <summary>Ends the requests: readers of requests receive the end.</summary>
    public void End() => _queue.End();

    public async ValueTask<BroadcastConsumer> RequestAsync(
        BroadcastPath path, ReadOnlyMemory<byte>? peerId, CancellationToken cancellationToken)
    {
        var answered = new Signal(_runtime);
        PendingBroadcast pending;
        lock (_gate)
        {
            if (_accepted.TryGetValue(path, out var broadcast))
                return broadcast;
            pending = Pending(path, peerId);
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
        Moq.ThrowIfOtherClock(_runtime, broadcast.Producer);
        lock (_gate)
        {
            if (pending.IsAnswered)
                throw new MoqException(MoqErrorCode.Duplicate, $"The request of the broadcast '{pending.Path}' was answered before.");
            if (_accepted.Count >= _limit)
                ForgetIdle();
            pending.Answer = _accepted[pending.Path] = broadcast;
            SetAnswered(pending);
        }

        broadcast.Producer.OnEnd(new LinkedListNode<Action>(() => Remove(pending.Path, broadcast)));
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
    private PendingBroadcast Pending(BroadcastPath path, ReadOnlyMemory<byte>? peerId)
    {
        if (_pending.TryGetValue(path, out var pending))
            return pending;
        if (!_queue.HasReaders)
            throw new MoqStreamException(MoqErrorCode.Unroutable, $"Nobody accepts requests of the broadcast '{path}' any more.");
        pending = new PendingBroadcast(this, path);
        if (!_queue.TryAdd(pending, peerId))
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded,
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
            if (_accepted.GetValueOrDefault(path) == broadcast)
                _accepted.Remove(path);
        }
    }

    /// <summary>Forgets the broadcasts without a reader, so that requests of ever new names do not fill the memory.</summary>
    private void ForgetIdle()
    {
        foreach (var (path, broadcast) in _accepted)
        {
            if (!broadcast.Producer.ReaderCount.IsAny)
                _accepted.Remove(path);
        }

        _limit = Math.Max(MaxIdle, 2 * _accepted.Count);
    }
}
