namespace IrohMoq.Reactive.Time;

/// <summary>
/// A result that is set once, for any number of waiters; like a <see cref="TaskCompletionSource{TResult}"/>, but setting it never runs a
/// waiter on the caller's stack, and no waiter delays another.
/// </summary>
/// <typeparam name="T">The type of the result.</typeparam>
/// <param name="runtime">The runtime on which waiters continue.</param>
/// <remarks>
/// On the thread pool all waiters share one task. On any other runtime each wait has a task of its own, which a work item of that runtime
/// completes: of several awaits on one task .NET sends all but the first to the thread pool, out of virtual time.
/// </remarks>
public sealed class Completion<T>(Runtime runtime) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
#pragma warning disable RS0030 // Only on the thread pool, where there is no virtual time to leave.
    private readonly TaskCompletionSource<T> _source =
        new(runtime is ThreadPoolRuntime ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
#pragma warning restore RS0030
    private List<TaskCompletionSource<T>>? _waiters;
    private T? _result;
    private Exception? _fault;
    private int _taken;
    private bool _isDone;

    /// <summary>
    /// Gets the task that completes with the result. It is always the same one, for code that awaits it in one place only.
    /// </summary>
    public Task<T> Task => _source.Task;

    /// <summary>Gets a value indicating whether the result or a fault has been set, even if no waiter has continued yet.</summary>
    public bool IsSet => Volatile.Read(ref _taken) != 0;

    /// <summary>Returns a task that completes with the result; any number of them may be awaited, in any number of places.</summary>
    public Task<T> WaitAsync()
    {
        if (runtime is ThreadPoolRuntime)
            return _source.Task;
        lock (_gate)
        {
            if (_isDone)
                return _source.Task;
            var waiter = new TaskCompletionSource<T>();
            (_waiters ??= []).Add(waiter);
            return waiter.Task;
        }
    }

    /// <summary>Sets the result. The first call of <see cref="TrySet"/> or <see cref="TryFail"/> wins.</summary>
    /// <param name="result">The result.</param>
    /// <returns><see langword="false"/> if it was set already.</returns>
    public bool TrySet(T result) => TryComplete(result, null);

    /// <summary>Sets a fault; an <see cref="OperationCanceledException"/> cancels the tasks.</summary>
    /// <param name="fault">The exception that every waiter gets.</param>
    /// <returns><see langword="false"/> if it was set already.</returns>
    public bool TryFail(Exception fault) => TryComplete(default, fault);

    void IThreadPoolWorkItem.Execute()
    {
        List<TaskCompletionSource<T>>? waiters;
        lock (_gate)
        {
            _isDone = true;
            (waiters, _waiters) = (_waiters, null);
        }

        // Each in a work item of its own, so that one that continues for long does not delay the next.
        foreach (var waiter in waiters ?? [])
            runtime.Post(() => Complete(waiter));
        Complete(_source);
    }

    private bool TryComplete(T? result, Exception? fault)
    {
        if (Interlocked.Exchange(ref _taken, 1) != 0)
            return false;
        (_result, _fault) = (result, fault);
        if (runtime is ThreadPoolRuntime)
            Complete(_source);
        else
            runtime.Post(this);
        return true;
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
