using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Time;

/// <summary>Represents a bounded queue for any number of writers and one reader, which waits on a <see cref="Signal"/>.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <param name="runtime">The runtime on which the reader continues.</param>
/// <param name="capacity">The maximum number of queued items; 1 or more.</param>
public sealed class Mailbox<T>(Runtime runtime, int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<T> _items = new();
    private readonly Signal _more = new(runtime);
    private Exception? _fault;
    private bool _ended;

    /// <summary>Gets the number of queued items.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _items.Count;
        }
    }

    /// <summary>Adds an item at the end of the queue.</summary>
    /// <param name="item">The item.</param>
    /// <returns><see langword="false"/> if the mailbox is full or has ended. The item is then not added.</returns>
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
    /// Ends the mailbox: the queued items can still be read; after them the reader receives the end or the fault. Later calls have no
    /// effect.
    /// </summary>
    /// <param name="fault">The exception that the reader receives after the last item, or null for a normal end.</param>
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

    /// <summary>Tries to remove the first item of the queue.</summary>
    /// <param name="item">The item.</param>
    /// <returns><see langword="false"/> if the queue is empty.</returns>
    public bool TryRead([MaybeNullWhen(false)] out T item)
    {
        lock (_gate)
            return _items.TryDequeue(out item);
    }

    /// <summary>Waits until there is an item to read.</summary>
    /// <param name="cancellationToken">A token that ends the wait. No item is lost.</param>
    /// <returns>
    /// <see langword="true"/> if the next call of <see cref="TryRead"/> returns an item; <see langword="false"/> at the end of the
    /// mailbox.
    /// </returns>
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

    /// <summary>Returns all items until the mailbox ends.</summary>
    /// <param name="cancellationToken">A token that ends the sequence. No item is lost.</param>
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
