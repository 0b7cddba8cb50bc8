using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents an asynchronous queue with any number of waiters, which are served in order. A canceled wait loses no item. Items that were
/// added before the queue ended can still be taken. The queue is unbounded: the number of connections and streams is limited before they
/// are added.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <param name="runtime">The runtime on which the queue waits.</param>
/// <param name="gate">The lock of the network.</param>
/// <param name="onTaken">The action that receives each item when it is taken, under the lock; null for none.</param>
internal sealed class ArrivalQueue<T>(Runtime runtime, Lock gate, Action<T>? onTaken = null)
{
    private readonly Queue<T> _items = new();
    private readonly LinkedList<Completion<T>> _waiters = [];
    private Func<Exception>? _end;

    /// <summary>Adds an item, or completes the first wait with the item. The caller must hold the lock of the network.</summary>
    public void Add(T item)
    {
        if (_waiters.First is { } first)
        {
            _waiters.RemoveFirst();
            onTaken?.Invoke(item);
            first.Value.TrySet(item);
        }
        else if (_end is null)
        {
            _items.Enqueue(item);
        }
    }

    /// <summary>
    /// Ends the queue: current waits fail, and later ones fail when the queue is empty. Has no effect if the queue has already ended. The
    /// caller must hold the lock of the network.
    /// </summary>
    public void End(Func<Exception> end)
    {
        if (_end is not null)
            return;
        _end = end;
        foreach (var waiter in _waiters)
            waiter.TryFail(end());
        _waiters.Clear();
    }

    /// <summary>Removes and returns the oldest item, if there is one. The caller must hold the lock of the network.</summary>
    public bool TryTake([MaybeNullWhen(false)] out T item) => _items.TryDequeue(out item);

    /// <summary>
    /// Removes and returns the oldest item, or waits for an item if the queue is empty. The caller must not hold the lock of the network.
    /// </summary>
    public ValueTask<T> TakeAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<T>(cancellationToken);
        LinkedListNode<Completion<T>> waiter;
        lock (gate)
        {
            if (_items.TryDequeue(out var item))
            {
                onTaken?.Invoke(item);
                return new ValueTask<T>(item);
            }

            if (_end is not null)
                return ValueTask.FromException<T>(_end());
            waiter = _waiters.AddLast(new Completion<T>(runtime));
        }

        return new ValueTask<T>(cancellationToken.CanBeCanceled ? WaitAsync(waiter, cancellationToken) : waiter.Value.Task);
    }

    private async Task<T> WaitAsync(LinkedListNode<Completion<T>> waiter, CancellationToken cancellationToken)
    {
        var cancel = (Action<CancellationToken>)(token => Cancel(waiter, token));
        var registration = cancellationToken.UnsafeRegister(static (state, token) => ((Action<CancellationToken>)state!)(token), cancel);
        try
        {
            return await waiter.Value.Task.ConfigureAwait(false);
        }
        finally
        {
            registration.Unregister();
        }
    }

    private void Cancel(LinkedListNode<Completion<T>> waiter, CancellationToken token)
    {
        lock (gate)
        {
            // A waiter that is no longer in the list has already received an item, and keeps it.
            if (waiter.List is null)
                return;
            _waiters.Remove(waiter);
            waiter.Value.TryFail(new OperationCanceledException(token));
        }
    }
}
