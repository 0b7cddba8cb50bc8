using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Things that arrive and are taken in order, by any number of waiters who are served in order. A wait that is canceled loses nothing. What has arrived before the end can be taken after it.
/// Its bound is the offerer's: connections and streams are limited before they are offered.
/// </summary>
/// <typeparam name="T">What arrives.</typeparam>
internal sealed class Arrivals<T>(Runtime runtime, Lock gate)
{
    private readonly Queue<T> _items = new();
    private readonly LinkedList<Completion<T>> _waiters = [];
    private Func<Exception>? _end;

    /// <summary>Under the lock.</summary>
    public void Offer(T item)
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

    /// <summary>Under the lock. The first end stays.</summary>
    public void End(Func<Exception> end)
    {
        if (_end is not null)
            return;
        _end = end;
        foreach (var waiter in _waiters)
            waiter.TryFail(end());
        _waiters.Clear();
    }

    /// <summary>Takes what nobody has taken yet, if anything. Under the lock.</summary>
    public bool TryTake([MaybeNullWhen(false)] out T item) => _items.TryDequeue(out item);

    /// <summary>Not under the lock.</summary>
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

        var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((Action<CancellationToken>)state!)(token), (Action<CancellationToken>)(token => Cancel(waiter, token)));
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
            // One that has been served is out of the list, and keeps what it got.
            if (waiter.List is null)
                return;
            _waiters.Remove(waiter);
            waiter.Value.TryFail(new OperationCanceledException(token));
        }
    }
}
