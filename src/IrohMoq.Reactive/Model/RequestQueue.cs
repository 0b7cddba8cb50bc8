using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the requests that have not been answered, in the order in which they were made. Several readers share the queue; each
/// request is read once. The number of requests is limited for each peer that makes them. This type is thread-safe.
/// </summary>
/// <param name="runtime">The clock on which the readers wait.</param>
/// <param name="refuse">
/// The action that refuses a request that has not been read when the last reader is disposed. It is called without a lock.
/// </param>
/// <param name="closed">The action that is called after the last reader was disposed, without a lock; or null.</param>
internal sealed class RequestQueue<T>(Runtime runtime, Action<T> refuse, Action? closed = null)
    where T : class
{
    /// <summary>The maximum number of requests of one peer that have not been answered.</summary>
    public const int MaxPerPeer = 64;

    /// <summary>The maximum number of requests of this process that have not been answered.</summary>
    public const int MaxLocal = 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<T> _waiting = [];
    private readonly Dictionary<T, Requester> _requesters = [];
    private readonly Dictionary<Requester, int> _counts = [];
    private readonly HashSet<Signal> _readers = [];
    private bool _isOver;

    /// <summary>Gets a value indicating whether there is a reader of requests.</summary>
    public bool HasReaders
    {
        get
        {
            lock (_gate)
                return _readers.Count > 0;
        }
    }

    /// <summary>Adds a reader.</summary>
    public RequestReader<T> Open()
    {
        var more = new Signal(runtime);
        Add(more);
        return new RequestReader<T>([this], more);
    }

    /// <summary>Adds a reader, which may also read other queues.</summary>
    /// <param name="more">The signal of the reader.</param>
    public void Add(Signal more)
    {
        lock (_gate)
            _readers.Add(more);
    }

    /// <summary>Adds a request at the end of the queue.</summary>
    /// <param name="request">The request.</param>
    /// <param name="peer">The peer that makes the request, or null for this process.</param>
    /// <returns>False if the requester has too many requests that have not been answered.</returns>
    public bool TryAdd(T request, Requester? peer)
    {
        var requester = peer ?? Requester.Local;
        lock (_gate)
        {
            var count = _counts.GetValueOrDefault(requester);
            if (count >= (peer is null ? MaxLocal : MaxPerPeer))
                return false;
            _counts[requester] = count + 1;
            _requesters.Add(request, requester);
            _waiting.AddLast(request);
            foreach (var reader in _readers)
                reader.Set();
            return true;
        }
    }

    /// <summary>
    /// Removes a request that was answered or is not wanted any more. Has no effect on a request that was removed before.
    /// </summary>
    public void Remove(T request)
    {
        lock (_gate)
        {
            if (!_requesters.Remove(request, out var requester))
                return;
            _waiting.Remove(request);
            if (--_counts[requester] == 0)
                _counts.Remove(requester);
        }
    }

    /// <summary>Ends the queue, because no further request can be made: readers receive the end.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            foreach (var reader in _readers)
                reader.Set();
        }
    }

    /// <summary>Takes the next request.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="isOver">True if there is no further request, because the reader was disposed or the queue has ended.</param>
    /// <returns>The request, or null if there is none at this moment.</returns>
    internal T? TryRead(Signal reader, out bool isOver)
    {
        lock (_gate)
        {
            isOver = !_readers.Contains(reader) || (_isOver && _waiting.Count == 0);
            if (isOver || _waiting.First is not { } first)
                return null;
            _waiting.RemoveFirst();
            return first.Value;
        }
    }

    /// <summary>Removes a reader. With the last one, the requests that have not been read are refused.</summary>
    internal void Close(Signal reader)
    {
        T[] unread;
        lock (_gate)
        {
            if (!_readers.Remove(reader))
                return;
            reader.Set();
            if (_readers.Count > 0)
                return;
            unread = [.. _waiting];
        }

        foreach (var request in unread)
            refuse(request);
        closed?.Invoke();
    }
}
