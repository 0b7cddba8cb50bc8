using System.Reactive.Concurrency;
using System.Reactive.Linq;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// Represents a hot stream with one shared ring buffer and a cursor for each subscriber. A subscriber that falls behind by the full
/// capacity continues at the oldest item in the ring, and is notified of the number of missed items; it does not slow down others. A
/// late subscriber starts with the items that are still replayed. No subscriber is called while the lock is held. This is a class,
/// because no Rx operator has a cursor for each subscriber.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <param name="capacity">The maximum number of items that the ring keeps.</param>
/// <param name="runtime">The runtime on which pulling readers wait.</param>
/// <param name="observerFailed">
/// The action that receives the exception of an observer. The observer is unsubscribed, and the exception propagates through its
/// scheduler.
/// </param>
internal sealed class NoticeRing<T>(int capacity, Runtime runtime, Action<Exception> observerFailed)
{
    private readonly Lock _gate = new();
    // Allocated for the first subscriber, because most streams of most managers have none.
    private Slot[] _ring = [];
    private readonly SortedDictionary<long, T> _replayable = [];
    private readonly Completion<bool> _delivered = new(runtime);
    private RingCursor<T>[] _cursors = [];
    private long _head;
    private bool _isCompleted;
    private Func<Exception>? _fault;

    /// <summary>
    /// Returns a task that completes when the stream has ended and every observer was notified of the end. Pulling readers are not
    /// waited for.
    /// </summary>
    public Task WaitUntilDeliveredAsync() => _delivered.WaitAsync();

    /// <summary>Publishes an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="key">
    /// The key under which the item is replayed, or null. Until <see cref="Retire"/>, late subscribers receive the newest item of each
    /// key, in the order of the keys.
    /// </param>
    public void Publish(T item, long? key = null)
    {
        RingCursor<T>[] cursors;
        lock (_gate)
        {
            if (_isCompleted)
                return;
            cursors = _cursors;
            // Without a subscriber the item is not kept, because it may reference much memory.
            if (_ring.Length > 0)
                _ring[_head % capacity] = cursors.Length > 0 ? new Slot(item, cursors.Length) : default;
            _head++;
            if (key is { } number)
                _replayable[number] = item;
        }

        Wake(cursors);
    }

    /// <summary>Stops replaying the item of the given key to late subscribers.</summary>
    public void Retire(long key)
    {
        lock (_gate)
            _replayable.Remove(key);
    }

    /// <summary>Ends the stream after the published items. Repeated calls have no effect.</summary>
    /// <param name="fault">The function that creates the exception for each subscriber; null for a normal end.</param>
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

    /// <summary>Returns the stream as an observable. Items for which the selector returns null are omitted.</summary>
    /// <param name="selector">
    /// Creates, for each subscription, the function that receives an item and the number of items missed since the last delivered item.
    /// </param>
    /// <param name="replay">The items that a subscriber starts with.</param>
    /// <param name="scheduler">The scheduler on which the observer is called.</param>
    /// <param name="onSkipped">The action that receives the number of missed items, before the next item.</param>
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
    /// Returns the stream as an asynchronous enumerable. A reader gets its position in the ring with <c>GetAsyncEnumerator</c>, and
    /// advances when the next item is requested.
    /// </summary>
    /// <param name="selector">
    /// Creates, for each reader, the function that receives an item and the number of items missed since the last returned item.
    /// </param>
    /// <param name="replay">The items that a reader starts with.</param>
    /// <param name="onSkipped">The action that receives the number of missed items, before the next item.</param>
    /// <param name="cancellationToken">A token that cancels every enumeration.</param>
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

    /// <summary>Returns the items at the position of a cursor, and advances the cursor.</summary>
    /// <param name="cursor">The cursor.</param>
    /// <param name="items">The memory that receives the items. The lock is acquired once for all of them.</param>
    /// <param name="count">The number of items, at least one if the result is <see cref="RingStep.Item"/>.</param>
    /// <param name="skipped">The number of items that were missed before the first item.</param>
    internal RingStep Take(RingCursor<T> cursor, Span<T> items, out int count, out long skipped)
    {
        lock (_gate)
        {
            (count, skipped) = (0, 0);
            // A removed cursor has released its share of the slots already.
            if (cursor.IsRemoved)
                return RingStep.Wait;
            while (count < items.Length && cursor.Replayed.TryDequeue(out items[count]!))
                count++;
            if (count > 0)
                return RingStep.Item;
            skipped = Math.Max(0, _head - capacity - cursor.Next);
            cursor.Next += skipped;
            if (cursor.Next == _head)
                return _isCompleted ? RingStep.End : RingStep.Wait;
            while (count < items.Length && cursor.Next < _head)
                items[count++] = Leave(cursor.Next++)!;
            return RingStep.Item;
        }
    }

    /// <summary>Determines whether there is an item, or the end of the stream, at the position of a cursor.</summary>
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

    /// <summary>
    /// Reports that the end of the stream is delivered, if the stream has ended and no observer remains. The caller must hold the lock.
    /// </summary>
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

    /// <summary>Moves one cursor past a slot, and clears the slot after the last cursor. The caller must hold the lock.</summary>
    private T? Leave(long place)
    {
        ref var slot = ref _ring[place % capacity];
        var item = slot.Item;
        slot = slot.Cursors > 1 ? new Slot(item, slot.Cursors - 1) : default;
        return item;
    }

    private readonly record struct Slot(T? Item, int Cursors);
}

/// <summary>Selects the items with which a late subscriber starts.</summary>
/// <param name="Count">The maximum number of items; the last ones are used.</param>
/// <param name="IsWanted">The filter for the items; null for all.</param>
internal readonly record struct Replay<T>(int Count, Func<T, bool>? IsWanted = null)
{
    public static Replay<T> None => new(0);

    public IEnumerable<T> Of(IReadOnlyCollection<T> items) =>
        Count == 0 ? [] : (IsWanted is null ? items : items.Where(IsWanted)).TakeLast(Math.Min(Count, items.Count));
}

/// <summary>
/// Represents the position of one subscriber in a <see cref="NoticeRing{T}"/>. The properties that the ring changes are protected by
/// its lock.
/// </summary>
internal abstract class RingCursor<T>(NoticeRing<T> ring) : IDisposable
{
    public Queue<T> Replayed { get; } = new();

    public long Next { get; set; }

    public bool IsRemoved { get; set; }

    /// <summary>Gets a value indicating whether items are pushed to the subscriber, rather than pulled.</summary>
    public abstract bool IsPushed { get; }

    protected NoticeRing<T> Ring => ring;

    /// <summary>Notifies the subscriber that an item was published or that the stream has ended.</summary>
    public abstract void Wake();

    public void Dispose() => ring.Remove(this);
}

/// <summary>Specifies the result of reading an item from a <see cref="NoticeRing{T}"/>.</summary>
internal enum RingStep
{
    /// <summary>An item was returned.</summary>
    Item,

    /// <summary>No item is available at the moment.</summary>
    Wait,

    /// <summary>The stream has ended.</summary>
    End,
}
