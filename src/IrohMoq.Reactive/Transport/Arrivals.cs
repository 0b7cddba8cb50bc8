using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents a bounded asynchronous queue with any number of readers. A canceled wait loses no item. Items that were added before the
/// queue ended are read before the end is reported.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <param name="runtime">The runtime on whose scheduler the readers continue.</param>
/// <param name="capacity">The maximum number of items.</param>
internal sealed class Arrivals<T>(Runtime runtime, int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<T> _items = new();
    private readonly List<Signal> _waiting = [];
    private Func<Exception>? _end;
    private Signal? _spare;

    /// <summary>Gets a value that indicates whether the queue contains the maximum number of items.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
                return _items.Count >= capacity;
        }
    }

    /// <summary>Adds an item. Returns false if the queue is full or has ended.</summary>
    public bool TryAdd(T item)
    {
        lock (_gate)
        {
            if (_end is not null || _items.Count >= capacity)
                return false;
            _items.Enqueue(item);
            WakeEnough();
            return true;
        }
    }

    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        lock (_gate)
            return _items.TryDequeue(out item);
    }

    /// <summary>
    /// Ends the queue. Each reader that finds no item fails with a new exception. If the queue has already ended, the exceptions of the
    /// first end are kept.
    /// </summary>
    /// <param name="end">The function that creates the exception for each reader.</param>
    /// <param name="isDropped">True to remove the items that have not been taken; otherwise, false.</param>
    public void End(Func<Exception> end, bool isDropped = false)
    {
        lock (_gate)
        {
            _end ??= end;
            if (isDropped)
                _items.Clear();
            foreach (var waiting in _waiting)
                waiting.Set();
        }
    }

    public ValueTask<T> TakeAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<T>(cancellationToken);
        lock (_gate)
        {
            if (_items.TryDequeue(out var item))
                return new ValueTask<T>(item);
            if (_end is not null)
                return ValueTask.FromException<T>(_end());
        }

        return WaitAsync(cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> WaitAsync(CancellationToken cancellationToken)
    {
        var arrived = Interlocked.Exchange(ref _spare, null) ?? new Signal(runtime);
        lock (_gate)
            _waiting.Add(arrived);
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_items.TryDequeue(out var item))
                        return item;
                    if (_end is not null)
                        throw _end();
                }

                await arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
            {
                _waiting.Remove(arrived);
                // If this reader was woken and canceled at the same time, another reader is woken for the item.
                WakeEnough();
            }

            _spare = arrived;
        }
    }

    private void WakeEnough()
    {
        var count = Math.Min(_items.Count, _waiting.Count);
        for (var i = 0; i < count; i++)
            _waiting[i].Set();
    }
}
