using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// A hot stream with one shared ring and a cursor for each subscriber. A subscriber that is a whole ring behind goes on at the oldest item kept and is told how many
/// it missed; it slows nobody. Late subscribers start with the last items that are still worth it. Items are delivered on a scheduler, outside any lock, one at a time to each subscriber.
/// </summary>
/// <param name="capacity">How many items the ring keeps.</param>
/// <param name="replay">How many of the items that were published with a key, and not retired, a late subscriber gets.</param>
/// <param name="turns">Where those who pull wait.</param>
/// <param name="faulted">Told of an observer that threw; it is detached, the others go on.</param>
internal sealed class LaggingReplay<T>(int capacity, int replay, Turns turns, Action<Exception> faulted)
{
    private readonly Lock _gate = new();
    private readonly T[] _ring = new T[capacity];
    private readonly SortedDictionary<long, T> _worthReplaying = [];
    private Cursor[] _cursors = [];
    private long _head;
    private bool _completed;
    private Exception? _fault;

    private enum Step
    {
        Item,
        Wait,
        End,
    }

    /// <summary>Publishes an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="key">If given, late subscribers get the item until <see cref="Retire"/>; keys grow.</param>
    public void Publish(T item, long? key = null)
    {
        Cursor[] wake;
        lock (_gate)
        {
            if (_completed)
                return;
            _ring[_head++ % capacity] = item;
            if (key is { } number)
                _worthReplaying.Add(number, item);
            wake = _cursors;
        }

        foreach (var cursor in wake)
            cursor.Wake();
    }

    /// <summary>An item that is not worth replaying any more.</summary>
    public void Retire(long key)
    {
        lock (_gate)
            _worthReplaying.Remove(key);
    }

    /// <summary>Ends the stream after what was published.</summary>
    /// <param name="fault">What subscribers get, or null for a normal end.</param>
    public void Complete(Exception? fault = null)
    {
        Cursor[] wake;
        lock (_gate)
        {
            if (_completed)
                return;
            _completed = true;
            _fault = fault;
            wake = _cursors;
        }

        foreach (var cursor in wake)
            cursor.Wake();
    }

    /// <summary>The stream as an observable of what a selector makes of the items; items for which it gives null are left out.</summary>
    /// <param name="selector">Gets the item and how many were missed since the last one that was delivered.</param>
    /// <param name="replayed">False for a stream that starts with what comes next.</param>
    /// <param name="scheduler">Where the observer is called.</param>
    /// <param name="onSkipped">Told of items that were missed, before the next one.</param>
    public IObservable<TOut> Observe<TOut>(Func<T, long, TOut?> selector, bool replayed, IScheduler scheduler, Action<long>? onSkipped)
        where TOut : class =>
        Observable.Create<TOut>(observer =>
        {
            var cursor = new ObserverCursor<TOut>(this, observer, selector, scheduler, onSkipped);
            Add(cursor, replayed);
            cursor.Wake();
            return cursor;
        });

    /// <summary>The same stream, pulled: the cursor stands still until the next item is asked for.</summary>
    public async IAsyncEnumerable<TOut> ReadAsync<TOut>(
        Func<T, long, TOut?> selector, bool replayed, Action<long>? onSkipped, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TOut : class
    {
        using var cursor = new PullCursor(this, turns);
        Add(cursor, replayed);
        var missed = 0L;
        while (true)
        {
            var step = cursor.Next(out var item, out var skipped);
            if (skipped > 0)
            {
                missed += skipped;
                onSkipped?.Invoke(skipped);
            }

            if (step == Step.End)
            {
                if (_fault is not null)
                    throw _fault;
                yield break;
            }

            if (step == Step.Wait)
            {
                await cursor.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (selector(item, missed) is not { } selected)
                continue;
            missed = 0;
            yield return selected;
        }
    }

    private void Add(Cursor cursor, bool replayed)
    {
        lock (_gate)
        {
            cursor.Start(_head, replayed ? [.. _worthReplaying.Values.Skip(Math.Max(0, _worthReplaying.Count - replay))] : []);
            _cursors = [.. _cursors, cursor];
        }
    }

    private void Remove(Cursor cursor)
    {
        lock (_gate)
            _cursors = [.. _cursors.Where(other => other != cursor)];
    }

    /// <summary>One subscriber's place: first what is replayed, then the ring from where it stood then.</summary>
    private abstract class Cursor(LaggingReplay<T> owner) : IDisposable
    {
        private readonly Queue<T> _replayed = new();
        private long _next;

        public void Start(long next, IReadOnlyList<T> replayed)
        {
            _next = next;
            foreach (var item in replayed)
                _replayed.Enqueue(item);
        }

        public Step Next(out T item, out long skipped)
        {
            lock (owner._gate)
            {
                skipped = 0;
                if (_replayed.TryDequeue(out item!))
                    return Step.Item;
                skipped = Math.Max(0, owner._head - capacityOf(owner) - _next);
                _next += skipped;
                if (_next < owner._head)
                {
                    item = owner._ring[_next++ % capacityOf(owner)];
                    return Step.Item;
                }

                return owner._completed ? Step.End : Step.Wait;
            }

            static int capacityOf(LaggingReplay<T> owner) => owner._ring.Length;
        }

        public abstract void Wake();

        public virtual void Dispose() => owner.Remove(this);
    }

    private sealed class PullCursor(LaggingReplay<T> owner, Turns turns) : Cursor(owner)
    {
        private readonly Signal _more = new(turns);

        public override void Wake() => _more.Set();

        public ValueTask WaitAsync(CancellationToken cancellationToken) => _more.WaitAsync(cancellationToken);
    }

    private sealed class ObserverCursor<TOut>(
        LaggingReplay<T> owner, IObserver<TOut> observer, Func<T, long, TOut?> selector, IScheduler scheduler, Action<long>? onSkipped) : Cursor(owner)
        where TOut : class
    {
        private const int MostPerTurn = 256;

        private readonly LaggingReplay<T> _owner = owner;
        private int _wakes;
        private long _missed;
        private volatile bool _disposed;

        public override void Wake()
        {
            if (Interlocked.Increment(ref _wakes) == 1)
                Schedule();
        }

        public override void Dispose()
        {
            _disposed = true;
            base.Dispose();
        }

        private void Schedule() => scheduler.Schedule(this, static (_, cursor) =>
        {
            cursor.Drain();
            return Disposable.Empty;
        });

        private void Drain()
        {
            var seen = Volatile.Read(ref _wakes);
            try
            {
                // One subscriber with much to do gives the scheduler back in between.
                for (var i = 0; i < MostPerTurn; i++)
                {
                    if (_disposed || !Deliver())
                    {
                        if (Interlocked.Add(ref _wakes, -seen) != 0)
                            Schedule();
                        return;
                    }
                }

                Schedule();
            }
            catch (Exception fault)
            {
                Dispose();
                _owner.Fault(fault);
            }
        }

        /// <summary>False if there is nothing to deliver for now.</summary>
        private bool Deliver()
        {
            var step = Next(out var item, out var skipped);
            if (skipped > 0)
            {
                _missed += skipped;
                onSkipped?.Invoke(skipped);
            }

            switch (step)
            {
                case Step.Wait:
                    return false;
                case Step.End:
                    Dispose();
                    if (_owner._fault is { } fault)
                        observer.OnError(fault);
                    else
                        observer.OnCompleted();
                    return false;
                default:
                    if (selector(item, _missed) is { } selected)
                    {
                        _missed = 0;
                        observer.OnNext(selected);
                    }

                    return true;
            }
        }
    }

    private void Fault(Exception fault) => faulted(fault);
}
