using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// A bounded queue that any number of readers wait on. A wait that is canceled loses nothing, and what came before the end is read before
/// the end is told.
/// </summary>
/// <typeparam name="T">What arrives.</typeparam>
/// <param name="runtime">Where the readers go on.</param>
/// <param name="capacity">How many items it keeps at most.</param>
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

    /// <summary>False if it is full or has ended; the item was not taken.</summary>
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

    /// <summary>The first end stays; every reader that finds nothing gets an exception of its own.</summary>
    /// <param name="end">Makes the exception.</param>
    /// <param name="isDropped">What nobody has taken is dropped.</param>
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
                // A reader that was woken and canceled leaves its item to the next.
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
