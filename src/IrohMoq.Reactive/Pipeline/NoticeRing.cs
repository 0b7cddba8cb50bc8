using System.Reactive.Concurrency;
using System.Reactive.Linq;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// A hot stream with one shared ring and a cursor for each subscriber. A subscriber that falls behind by the whole ring continues at the
/// oldest item that is kept and is notified how many it missed; it slows nobody. A late subscriber starts with the items that are still
/// worth replaying. No subscriber is called under the lock. No Rx operator has a cursor for each subscriber, which is why this is a class.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <param name="capacity">The maximum number of items that the ring keeps.</param>
/// <param name="runtime">The runtime on which pulling readers wait.</param>
/// <param name="observerFailed">
/// Receives the exception of an observer, which is unsubscribed; the exception goes on through its scheduler.
/// </param>
internal sealed class NoticeRing<T>(int capacity, Runtime runtime, Action<Exception> observerFailed)
{
    private readonly Lock _gate = new();
    // Allocated for the first subscriber: most streams of most managers have none.
    private Slot[] _ring = [];
    private readonly SortedDictionary<long, T> _replayable = [];
    private readonly Completion<bool> _delivered = new(runtime);
    private RingCursor<T>[] _cursors = [];
    private long _head;
    private bool _isCompleted;
    private Func<Exception>? _fault;

    /// <summary>
    /// Returns a task that completes when the stream has ended and every observer has been notified of it; pulling readers are not waited
    /// for.
    /// </summary>
    public Task WaitUntilDeliveredAsync() => _delivered.WaitAsync();

    /// <summary>Publishes an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="key">
    /// If given, late subscribers get the newest item of that key until <see cref="Retire"/>, in the order of the keys.
    /// </param>
    public void Publish(T item, long? key = null)
    {
        RingCursor<T>[] cursors;
        lock (_gate)
        {
            if (_isCompleted)
                return;
            cursors = _cursors;
            // Without a subscriber the item is not kept: it may hold much.
            if (_ring.Length > 0)
                _ring[_head % capacity] = cursors.Length > 0 ? new Slot(item, cursors.Length) : default;
            _head++;
            if (key is { } number)
                _replayable[number] = item;
        }

        Wake(cursors);
    }

    /// <summary>Stops replaying the item of a key.</summary>
    public void Retire(long key)
    {
        lock (_gate)
            _replayable.Remove(key);
    }

    /// <summary>Ends the stream after what was published. A second call changes nothing.</summary>
    /// <param name="fault">Makes the exception for each subscriber; null for a normal end.</param>
    public void Complete(Func<Exception>? fault = null)
    {
        RingCursor<T>[] cursors;
        lock (_gate)
        {
            if (_isCompleted)
                return;
            _isCompleted = true;
            _fault = fault;
            _replayable.Clear();
            cursors = _cursors;
            SetDelivered();
        }

        Wake(cursors);
    }

    /// <summary>Returns the stream as an observable. Items for which the selector returns null are left out.</summary>
    /// <param name="selector">
    /// Makes, for each subscription, the function that gets an item and the number of items missed since the last one that was delivered.
    /// </param>
    /// <param name="replay">The items that a subscriber starts with.</param>
    /// <param name="scheduler">The scheduler on which the observer is called.</param>
    /// <param name="onSkipped">Receives the number of missed items, before the next item.</param>
    public IObservable<TOut> Observe<TOut>(
        Func<Func<T, long, TOut?>> selector, Replay<T> replay, IScheduler scheduler, Action<long>? onSkipped)
        where TOut : class =>
        Observable.Create<TOut>(observer =>
        {
            var subscription = new RingObserver<T, TOut>(this, observer, selector(), scheduler, onSkipped);
            Add(subscription, replay);
            subscription.Wake();
            return subscription;
        });

    /// <summary>
    /// Returns the stream as a pull stream. A reader has its place from <c>GetAsyncEnumerator</c> on, and moves when the next item is asked
    /// for.
    /// </summary>
    /// <param name="selector">
    /// Makes, for each reader, the function that gets an item and the number of items missed since the last one that was taken.
    /// </param>
    /// <param name="replay">The items that a reader starts with.</param>
    /// <param name="onSkipped">Receives the number of missed items, before the next item.</param>
    /// <param name="cancellationToken">Ends every reading.</param>
    public IAsyncEnumerable<TOut> Read<TOut>(
        Func<Func<T, long, TOut?>> selector, Replay<T> replay, Action<long>? onSkipped, CancellationToken cancellationToken)
        where TOut : class =>
        new RingReading<T, TOut>(
            () =>
            {
                var place = new RingPlace<T>(this, runtime);
                Add(place, replay);
                return place;
            },
            selector,
            onSkipped,
            cancellationToken);

    /// <summary>Takes the item at a cursor's place and moves the cursor.</summary>
    internal RingStep Take(RingCursor<T> cursor, out T item, out long skipped)
    {
        lock (_gate)
        {
            (item, skipped) = (default!, 0);
            // One that was removed has returned its share of the slots already.
            if (cursor.IsRemoved)
                return RingStep.Wait;
            if (cursor.Replayed.TryDequeue(out item!))
                return RingStep.Item;
            skipped = Math.Max(0, _head - capacity - cursor.Next);
            cursor.Next += skipped;
            if (cursor.Next == _head)
                return _isCompleted ? RingStep.End : RingStep.Wait;
            item = Leave(cursor.Next++)!;
            return RingStep.Item;
        }
    }

    /// <summary>Determines whether there is something to take at a cursor's place.</summary>
    internal bool HasMore(RingCursor<T> cursor)
    {
        lock (_gate)
            return !cursor.IsRemoved && (cursor.Replayed.Count > 0 || cursor.Next < _head || _isCompleted);
    }

    internal void Remove(RingCursor<T> cursor)
    {
        lock (_gate)
        {
            if (cursor.IsRemoved)
                return;
            cursor.IsRemoved = true;
            cursor.Replayed.Clear();
            _cursors = [.. _cursors.Where(other => other != cursor)];
            SetDelivered();
            for (var place = Math.Max(cursor.Next, _head - capacity); place < _head; place++)
                Leave(place);
        }
    }

    /// <summary>Returns the exception that ended the stream, or null for a normal end.</summary>
    internal Exception? Fault() => _fault?.Invoke();

    internal void OnObserverFailed(Exception fault) => observerFailed(fault);

    private void Add(RingCursor<T> cursor, Replay<T> replay)
    {
        lock (_gate)
        {
            if (_ring.Length == 0)
                _ring = new Slot[capacity];
            cursor.Next = _head;
            foreach (var item in replay.Of(_replayable.Values))
                cursor.Replayed.Enqueue(item);
            _cursors = [.. _cursors, cursor];
        }
    }

    /// <summary>The caller must hold the lock.</summary>
    private void SetDelivered()
    {
        if (_isCompleted && !_cursors.Any(static cursor => cursor.IsPushed))
            _delivered.TrySet(true);
    }

    private static void Wake(RingCursor<T>[] cursors)
    {
        foreach (var cursor in cursors)
            cursor.Wake();
    }

    /// <summary>Moves one cursor past a slot; the last one empties it. The caller must hold the lock.</summary>
    private T? Leave(long place)
    {
        ref var slot = ref _ring[place % capacity];
        var item = slot.Item;
        slot = slot.Cursors > 1 ? new Slot(item, slot.Cursors - 1) : default;
        return item;
    }

    private readonly record struct Slot(T? Item, int Cursors);
}

/// <summary>The items that a late subscriber starts with.</summary>
/// <param name="Count">The maximum number of items, the last ones.</param>
/// <param name="IsWanted">Selects the items that count; null for all.</param>
internal readonly record struct Replay<T>(int Count, Func<T, bool>? IsWanted = null)
{
    public static Replay<T> None => new(0);

    public IEnumerable<T> Of(IReadOnlyCollection<T> items) =>
        Count == 0 ? [] : (IsWanted is null ? items : items.Where(IsWanted)).TakeLast(Math.Min(Count, items.Count));
}

/// <summary>
/// The place of one subscriber in a <see cref="NoticeRing{T}"/>. Its properties belong to the ring and are used under its lock.
/// </summary>
internal abstract class RingCursor<T>(NoticeRing<T> ring) : IDisposable
{
    public Queue<T> Replayed { get; } = new();

    public long Next { get; set; }

    public bool IsRemoved { get; set; }

    /// <summary>Gets a value indicating whether the subscriber is called, rather than asks.</summary>
    public abstract bool IsPushed { get; }

    protected NoticeRing<T> Ring => ring;

    /// <summary>Reports that there is something new.</summary>
    public abstract void Wake();

    public void Dispose() => ring.Remove(this);
}

/// <summary>The result of taking an item from a <see cref="NoticeRing{T}"/>.</summary>
internal enum RingStep
{
    /// <summary>An item was taken.</summary>
    Item,

    /// <summary>There is no item now.</summary>
    Wait,

    /// <summary>The stream has ended.</summary>
    End,
}
