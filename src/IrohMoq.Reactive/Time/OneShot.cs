namespace IrohMoq.Reactive.Time;

/// <summary>
/// A result that comes once, for any number of waiters. Completing it never runs a waiter on the caller's stack:
/// the waiters go on in a turn of their own.
/// </summary>
/// <typeparam name="T">The result.</typeparam>
/// <param name="turns">Where the waiters go on.</param>
public sealed class OneShot<T>(Turns turns) : IThreadPoolWorkItem
{
    // Without RunContinuationsAsynchronously, which would leave virtual time: Execute already is a turn of its own.
    private readonly TaskCompletionSource<T> _source = new();
    private T? _result;
    private Exception? _fault;
    private int _taken;

    /// <summary>Completes with the result. Awaiting it more than once is fine.</summary>
    public Task<T> Task => _source.Task;

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
        turns.Post(this);
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
        turns.Post(this);
        return true;
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_fault is OperationCanceledException cancelled)
            _source.TrySetCanceled(cancelled.CancellationToken);
        else if (_fault is not null)
            _source.TrySetException(_fault);
        else
            _source.TrySetResult(_result!);
    }
}
