using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>A cursor that is drained on a scheduler into an observer: one item at a time, in order, one drainer, whoever wakes it and whatever the observer does meanwhile.</summary>
internal sealed class ObserverCursor<T, TOut>(
    LaggingReplay<T> owner, IObserver<TOut> observer, Func<T, long, TOut?> selector, IScheduler scheduler, Action<long>? onSkipped) : ReplayCursor<T>(owner)
    where TOut : class
{
    /// <summary>A subscriber with much to do gives its scheduler back in between.</summary>
    private const int MostPerTurn = 256;

    private int _wakes;
    private long _missed;
    private volatile bool _disposed;

    public override bool IsPushed => true;

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

    private void Schedule()
    {
        try
        {
            scheduler.Schedule(this, static (_, cursor) =>
            {
                cursor.Drain();
                return Disposable.Empty;
            });
        }
        catch (Exception fault)
        {
            // A subscriber's own scheduler may be over before its subscription is.
            Detach(fault);
        }
    }

    private void Drain()
    {
        var seen = Volatile.Read(ref _wakes);
        try
        {
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
            Detach(fault);
        }
    }

    private void Detach(Exception fault)
    {
        Dispose();
        Owner.OnFault(fault);
    }

    private void End()
    {
        try
        {
            if (Owner.Fault() is { } fault)
                observer.OnError(fault);
            else
                observer.OnCompleted();
        }
        finally
        {
            // Only now has it been told.
            Dispose();
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
            case ReplayStep.Wait:
                return false;
            case ReplayStep.End:
                End();
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
