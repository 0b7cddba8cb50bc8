using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Time;

/// <summary>A bounded queue with any number of writers and one reader, who waits on a <see cref="Signal"/>.</summary>
/// <typeparam name="T">What is queued.</typeparam>
/// <param name="runtime">Where the reader goes on.</param>
/// <param name="capacity">How many items it keeps at most; 1 or more.</param>
public sealed class Mailbox<T>(Runtime runtime, int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<T> _items = new();
    private readonly Signal _more = new(runtime);
    private Exception? _fault;
    private bool _ended;

    /// <summary>How many items wait now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _items.Count;
        }
    }

    /// <summary>Queues an item.</summary>
    /// <param name="item">The item.</param>
    /// <returns>False if the box is full or has ended; the item was not taken.</returns>
    public bool TryWrite(T item)
    {
        lock (_gate)
        {
            if (_ended || _items.Count >= capacity)
                return false;
            _items.Enqueue(item);
        }

        _more.Set();
        return true;
    }

    /// <summary>
    /// Ends the box: what is queued can still be read, then the reader sees the end or the fault. Later calls change nothing.
    /// </summary>
    /// <param name="fault">What the reader gets after the last item, or null for a normal end.</param>
    public void End(Exception? fault = null)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            _fault = fault;
        }

        _more.Set();
    }

    /// <summary>Takes an item if one is there.</summary>
    /// <param name="item">The item.</param>
    public bool TryRead([MaybeNullWhen(false)] out T item)
    {
        lock (_gate)
            return _items.TryDequeue(out item);
    }

    /// <summary>Waits until there is an item to read.</summary>
    /// <param name="cancellationToken">Ends the wait; nothing is lost.</param>
    /// <returns>True if <see cref="TryRead"/> will give an item (one reader), false at the end.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_items.Count > 0)
                    return true;
                if (_ended)
                    return _fault is null ? false : throw _fault;
            }

            await _more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads until the end.</summary>
    /// <param name="cancellationToken">Ends the wait; nothing is lost.</param>
    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (!cancellationToken.IsCancellationRequested && TryRead(out var item))
                yield return item;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
