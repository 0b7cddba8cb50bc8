using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Delivers the items of a <see cref="NoticeRing{T}"/> to one observer on its scheduler, one at a time and in order.</summary>
internal sealed class RingObserver<T, TOut> : RingCursor<T>
    where TOut : class
{
    /// <summary>
    /// The maximum number of items that one scheduled work item delivers on the thread pool, where several observers run at once and in
    /// no common order. On any other scheduler one work item delivers one item, so that all observers of the ring advance together: if
    /// two views of the ring are merged, the items keep their original order.
    /// </summary>
    private const int ItemsPerTurnOnPool = 256;

    /// <summary>
    /// The maximum number of items that are taken from the ring at once on the thread pool, so that many observers do not compete for its
    /// lock at each item.
    /// </summary>
    private const int ItemsPerTakeOnPool = 16;

    private readonly IObserver<TOut> _observer;
    private readonly Func<T, long, TOut?> _selector;
    private readonly Action<long>? _onSkipped;
    private readonly SerialDrain _drain;
    private readonly bool _isPooled;
    private readonly T[] _taken;
    private int _takenCount;
    private int _nextTaken;
    private bool _isReplaying = true;
    private long _missed;

    public RingObserver(
        NoticeRing<T> ring, IObserver<TOut> observer, Func<T, long, TOut?> selector, IScheduler scheduler, Action<long>? onSkipped)
        : base(ring)
    {
        _observer = observer;
        _selector = selector;
        _onSkipped = onSkipped;
        _isPooled = scheduler == RuntimeSchedulers.Default;
        _taken = new T[_isPooled ? ItemsPerTakeOnPool : 1];
        _drain = new SerialDrain(scheduler, _isPooled ? ItemsPerTurnOnPool : 1, Step, OnFault);
    }

    public override bool IsPushed => true;

    public override void Wake() => _drain.Wake();

    private bool Step()
    {
        // Replayed items represent a state, and are delivered together.
        while (_isReplaying && Replayed.Count > 0)
            Deliver();
        _isReplaying = false;
        // With one item for each work item, a work item that would find no item is not scheduled.
        return Deliver() && (_isPooled || Ring.HasMore(this));
    }

    /// <summary>Delivers the next item. Returns <see langword="false"/> if no item is available at the moment.</summary>
    private bool Deliver()
    {
        if (_nextTaken == _takenCount && !Take())
            return false;
        var item = _taken[_nextTaken];
        _taken[_nextTaken++] = default!;
        // An observer that has unsubscribed receives nothing of what was taken for it.
        if (IsRemoved)
            return false;
        if (_selector(item, _missed) is { } selected)
        {
            _missed = 0;
            _observer.OnNext(selected);
        }

        return true;
    }

    /// <summary>Gets the next items from the ring. Returns <see langword="false"/> if no item is available at the moment.</summary>
    private bool Take()
    {
        var step = Ring.Take(this, _taken, out _takenCount, out var skipped);
        _nextTaken = 0;
        if (skipped > 0)
        {
            _missed += skipped;
            _onSkipped?.Invoke(skipped);
        }

        if (step == RingStep.End)
            End();
        return step == RingStep.Item;
    }

    private void End()
    {
        try
        {
            if (Ring.Fault() is { } fault)
                _observer.OnError(fault);
            else
                _observer.OnCompleted();
        }
        finally
        {
            Dispose();
        }
    }

    private bool OnFault(Exception fault, bool isStep)
    {
        Dispose();
        Ring.OnObserverFailed(fault);
        if (!isStep)
            ReportFailure(fault);
        return false;
    }

    /// <summary>
    /// Notifies the observer directly that its scheduler failed and cannot call the observer any more. An exception of the observer
    /// does not reach the publisher.
    /// </summary>
    private void ReportFailure(Exception fault)
    {
        try
        {
            _observer.OnError(fault);
        }
        catch (Exception second)
        {
            Ring.OnObserverFailed(second);
        }
    }
}
