using System.Reactive.Concurrency;
using System.Reactive.Linq;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// A hot stream with one shared ring and a cursor for each subscriber. A subscriber that is a whole ring behind goes on at the oldest item kept and is told how many
/// it missed; it slows nobody. Late subscribers start with items that are still worth it. Nobody is called under the lock.
/// </summary>
/// <param name="capacity">How many items the ring keeps.</param>
/// <param name="runtime">Where those who pull wait.</param>
/// <param name="faulted">Told of an observer that threw, or whose scheduler did; it is detached, the others go on.</param>
internal sealed class LaggingReplay<T>(int capacity, Runtime runtime, Action<Exception> faulted)
{
    private readonly Lock _gate = new();
    // None before somebody subscribes: most streams of most managers have no subscriber.
    private Slot[] _ring = [];
    private readonly SortedDictionary<long, T> _worthReplaying = [];
    private readonly Completion<bool> _told = new(runtime);
    private ReplayCursor<T>[] _cursors = [];
    private long _head;
    private bool _completed;
    private Func<Exception>? _fault;

    /// <summary>Completes when the stream is over and every observer has been told so; those who pull are not waited for.</summary>
    public Task Told => _told.WaitAsync();

    /// <summary>Publishes an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="key">If given, late subscribers get the newest item of that key until <see cref="Retire"/>, in the order of the keys.</param>
    public void Publish(T item, long? key = null)
    {
        ReplayCursor<T>[] wake;
        lock (_gate)
        {
            if (_completed)
                return;
            wake = _cursors;
            // What nobody is there to read is not kept: an item may hold much.
            if (_ring.Length > 0)
                _ring[_head % capacity] = wake.Length > 0 ? new Slot(item, wake.Length) : default;
            _head++;
            if (key is { } number)
                _worthReplaying[number] = item;
        }

        Wake(wake);
    }

    /// <summary>An item that is not worth replaying any more.</summary>
    public void Retire(long key)
    {
        lock (_gate)
            _worthReplaying.Remove(key);
    }

    /// <summary>Ends the stream after what was published. Again changes nothing.</summary>
    /// <param name="fault">What subscribers get, each its own, or null for a normal end.</param>
    public void Complete(Func<Exception>? fault = null)
    {
        ReplayCursor<T>[] wake;
        lock (_gate)
        {
            if (_completed)
                return;
            _completed = true;
            _fault = fault;
            _worthReplaying.Clear();
            wake = _cursors;
            SetToldIfSo();
        }

        Wake(wake);
    }

    /// <summary>The stream as an observable of what a selector makes of the items; items for which it gives null are left out.</summary>
    /// <param name="selector">Gets the item and how many were missed since the last one that was delivered.</param>
    /// <param name="replay">Which of the items worth replaying a subscriber starts with.</param>
    /// <param name="scheduler">Where the observer is called.</param>
    /// <param name="onSkipped">Told of items that were missed, before the next one.</param>
    public IObservable<TOut> Observe<TOut>(Func<T, long, TOut?> selector, Replay<T> replay, IScheduler scheduler, Action<long>? onSkipped)
        where TOut : class =>
        Observable.Create<TOut>(observer =>
        {
            var cursor = new ObserverCursor<T, TOut>(this, observer, selector, scheduler, onSkipped);
            Add(cursor, replay);
            cursor.Wake();
            return cursor;
        });

    /// <summary>The same stream, pulled: a cursor stands from <c>GetAsyncEnumerator</c> on and moves when the next item is asked for.</summary>
    /// <param name="selector">Makes for each reading what gets the item and how many were missed since the last one that was taken.</param>
    /// <param name="replay">Which of the items worth replaying a reader starts with.</param>
    /// <param name="onSkipped">Told of items that were missed, before the next one.</param>
    /// <param name="cancellationToken">Ends every reading; each may have a token of its own besides.</param>
    public IAsyncEnumerable<TOut> Read<TOut>(Func<Func<T, long, TOut?>> selector, Replay<T> replay, Action<long>? onSkipped, CancellationToken cancellationToken)
        where TOut : class =>
        new PulledReplay<T, TOut>(
            () =>
            {
                var cursor = new PullCursor<T>(this, runtime);
                Add(cursor, replay);
                return cursor;
            },
            selector,
            onSkipped,
            cancellationToken);

    /// <summary>Reads at a place of the ring and moves it on.</summary>
    internal ReplayStep Read(Queue<T> replayed, ref long next, out T item, out long skipped)
    {
        lock (_gate)
        {
            skipped = 0;
            if (replayed.TryDequeue(out item!))
                return ReplayStep.Item;
            skipped = Math.Max(0, _head - capacity - next);
            next += skipped;
            if (next == _head)
                return _completed ? ReplayStep.End : ReplayStep.Wait;
            item = Leave(next++)!;
            return ReplayStep.Item;
        }
    }

    internal void Remove(ReplayCursor<T> cursor, ref long next)
    {
        lock (_gate)
        {
            var others = _cursors.Where(other => other != cursor).ToArray();
            if (others.Length == _cursors.Length)
                return;
            _cursors = others;
            SetToldIfSo();
            for (next = Math.Max(next, _head - capacity); next < _head; next++)
                Leave(next);
        }
    }

    /// <summary>What ended the stream, or null for a normal end.</summary>
    internal Exception? Fault() => _fault?.Invoke();

    internal void OnFault(Exception fault) => faulted(fault);

    private void Add(ReplayCursor<T> cursor, Replay<T> replay)
    {
        lock (_gate)
        {
            if (_ring.Length == 0)
                _ring = new Slot[capacity];
            cursor.Start(_head, replay.Of(_worthReplaying.Values));
            _cursors = [.. _cursors, cursor];
        }
    }

    /// <summary>Under the lock.</summary>
    private void SetToldIfSo()
    {
        if (_completed && !_cursors.Any(static cursor => cursor.IsPushed))
            _told.TrySet(true);
    }

    private static void Wake(ReplayCursor<T>[] cursors)
    {
        foreach (var cursor in cursors)
            cursor.Wake();
    }

    /// <summary>One cursor passes a slot; the last one empties it. Under the lock.</summary>
    private T? Leave(long place)
    {
        ref var slot = ref _ring[place % capacity];
        var item = slot.Item;
        slot = slot.Readers > 1 ? new Slot(item, slot.Readers - 1) : default;
        return item;
    }

    private readonly record struct Slot(T? Item, int Readers);
}
