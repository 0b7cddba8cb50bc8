namespace IrohMoq.Reactive.Time;

/// <summary>
/// A result that comes once, for any number of waiters. Completing it never runs a waiter on the caller's stack:
/// the waiters go on in a turn of their own.
/// </summary>
/// <typeparam name="T">The result.</typeparam>
/// <param name="runtime">Where the waiters go on.</param>
public sealed class Completion<T>(Runtime runtime) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    // Without RunContinuationsAsynchronously, which would leave virtual time: Execute already is a turn of its own.
    private readonly TaskCompletionSource<T> _source = new();
    private List<TaskCompletionSource<T>>? _waiters;
    private T? _result;
    private Exception? _fault;
    private int _taken;
    private bool _done;

    /// <summary>
    /// Completes with the result: always the same task, to hand out. Of several awaits on one task .NET goes on with the first in place and hands the others to the thread pool, out of virtual time;
    /// who may not be the only one takes <see cref="WaitAsync"/>.
    /// </summary>
    public Task<T> Task => _source.Task;

    /// <summary>Waits with a task of its own, so that any number of waiters go on in turns, in the order they came. A wait holds a little memory until there is a result.</summary>
    public Task<T> WaitAsync()
    {
        lock (_gate)
        {
            if (_done)
                return _source.Task;
            var waiter = new TaskCompletionSource<T>();
            (_waiters ??= []).Add(waiter);
            return waiter.Task;
        }
    }

    /// <summary>True as soon as a result or fault has been set, even if the waiters have not seen it yet.</summary>
    public bool IsSet => Volatile.Read(ref _taken) != 0;

    /// <summary>Sets the result. The first of <see cref="TrySet"/> and <see cref="TryFail"/> wins.</summary>
    /// <param name="result">The result.</param>
    /// <returns>False if it was already set.</returns>
    public bool TrySet(T result)
    {
        if (Interlocked.Exchange(ref _taken, 1) != 0)
            return false;
        _result = result;
        runtime.Post(this);
        return true;
    }

    /// <summary>Sets a fault; an <see cref="OperationCanceledException"/> cancels the task.</summary>
    /// <param name="fault">What every waiter gets.</param>
    /// <returns>False if it was already set.</returns>
    public bool TryFail(Exception fault)
    {
        if (Interlocked.Exchange(ref _taken, 1) != 0)
            return false;
        _fault = fault;
        runtime.Post(this);
        return true;
    }

    void IThreadPoolWorkItem.Execute()
    {
        CompleteWaiters(isLast: false);
        Complete(_source);
        // Who came while the others went on.
        CompleteWaiters(isLast: true);
    }

    private void CompleteWaiters(bool isLast)
    {
        List<TaskCompletionSource<T>>? waiters;
        lock (_gate)
        {
            _done |= isLast;
            (waiters, _waiters) = (_waiters, null);
        }

        if (waiters is null)
            return;
        foreach (var waiter in waiters)
            Complete(waiter);
    }

    private void Complete(TaskCompletionSource<T> waiter)
    {
        if (_fault is OperationCanceledException canceled)
            waiter.TrySetCanceled(canceled.CancellationToken);
        else if (_fault is not null)
            waiter.TrySetException(_fault);
        else
            waiter.TrySetResult(_result!);
    }
}
