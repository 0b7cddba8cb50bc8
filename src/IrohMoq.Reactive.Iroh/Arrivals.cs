using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// A bounded queue that any number of readers wait on. A canceled wait loses no item, and items that came before the end are read before
/// it.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <param name="runtime">The scheduler of the readers.</param>
/// <param name="capacity">The maximum number of items.</param>
internal sealed class Arrivals<T>(Runtime runtime, int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<T> _items = new();
    private readonly List<Signal> _waiting = [];
    private Func<Exception>? _end;
    private Signal? _spare;

    /// <summary>Gets a value that indicates whether the queue takes no more items.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
                return _items.Count >= capacity;
        }
    }

    /// <summary>Adds an item; false if the queue is full or has ended.</summary>
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

    /// <summary>Ends the queue. The first end stays; every reader that finds no item gets an exception of its own.</summary>
    /// <param name="end">Creates the exception.</param>
    /// <param name="isDropped">True to drop the items that are not taken.</param>
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
                // A reader that was woken and canceled leaves its item to the next reader.
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
