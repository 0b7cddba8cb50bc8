using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// A queue of items that arrive, for any number of waiters, which are served in order. A wait that is canceled loses no item. What has
/// arrived before the end can be taken after it. The queue itself has no bound: connections and streams are limited before they are added.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
internal sealed class ArrivalQueue<T>(Runtime runtime, Lock gate)
{
    private readonly Queue<T> _items = new();
    private readonly LinkedList<Completion<T>> _waiters = [];
    private Func<Exception>? _end;

    /// <summary>Adds an item, or gives it to the first waiter. Called under the lock.</summary>
    public void Add(T item)
    {
        if (_waiters.First is { } first)
        {
            _waiters.RemoveFirst();
            first.Value.TrySet(item);
        }
        else if (_end is null)
        {
            _items.Enqueue(item);
        }
    }

    /// <summary>Ends the queue: waits fail from now on. The first end stays. Called under the lock.</summary>
    public void End(Func<Exception> end)
    {
        if (_end is not null)
            return;
        _end = end;
        foreach (var waiter in _waiters)
            waiter.TryFail(end());
        _waiters.Clear();
    }

    /// <summary>Takes the oldest item, if there is one. Called under the lock.</summary>
    public bool TryTake([MaybeNullWhen(false)] out T item) => _items.TryDequeue(out item);

    /// <summary>Takes the oldest item, and waits for one if there is none. Not called under the lock.</summary>
    public async ValueTask<T> TakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<Completion<T>> waiter;
        lock (gate)
        {
            if (_items.TryDequeue(out var item))
                return item;
            if (_end is not null)
                throw _end();
            waiter = _waiters.AddLast(new Completion<T>(runtime));
        }

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
            // A waiter that has been served is out of the list, and keeps its item.
            if (waiter.List is null)
                return;
            _waiters.Remove(waiter);
            waiter.Value.TryFail(new OperationCanceledException(token));
        }
    }
}
