namespace IrohMoq.Reactive.Time;

/// <summary>
/// Represents a result that is set once, for any number of waiters. It is like a <see cref="TaskCompletionSource{TResult}"/>, but setting
/// the result never runs a waiter on the caller's stack, and no waiter delays another.
/// </summary>
/// <typeparam name="T">The type of the result.</typeparam>
/// <param name="runtime">The runtime on which waiters continue.</param>
/// <remarks>
/// On the thread pool all waiters share one task. On any other runtime each wait has a separate task, which is completed by a work item
/// of that runtime: if several callers await one task, .NET continues all but the first on the thread pool, outside virtual time.
/// </remarks>
public sealed class Completion<T>(Runtime runtime) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    // Created on demand: a session has several results that nobody awaits while it is idle.
    private TaskCompletionSource<T>? _source;
    private List<TaskCompletionSource<T>>? _waiters;
    private T? _result;
    private Exception? _fault;
    private int _taken;
    private bool _isDone;

    /// <summary>
    /// Gets the task that completes with the result. It is always the same task, for code that awaits it in one place only.
    /// </summary>
    public Task<T> Task => Source.Task;

    /// <summary>Gets a value indicating whether the result or a fault has been set, even if no waiter has continued yet.</summary>
    public bool IsSet => Volatile.Read(ref _taken) != 0;

    private TaskCompletionSource<T> Source
    {
        get
        {
            lock (_gate)
            {
                if (_source is not null)
                    return _source;
#pragma warning disable RS0030 // Only on the thread pool, where there is no virtual time to leave.
                _source = new TaskCompletionSource<T>(
                    runtime is ThreadPoolRuntime ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
#pragma warning restore RS0030
                if (_isDone)
                    Complete(_source);
                return _source;
            }
        }
    }

    /// <summary>
    /// Returns a task that completes with the result. Any number of callers may call this method and await the returned tasks.
    /// </summary>
    public Task<T> WaitAsync()
    {
        if (runtime is ThreadPoolRuntime)
            return Source.Task;
        lock (_gate)
        {
            if (_isDone)
                return Source.Task;
            var waiter = new TaskCompletionSource<T>();
            (_waiters ??= []).Add(waiter);
            return waiter.Task;
        }
    }

    /// <summary>Sets the result. Only the first call of <see cref="TrySet"/> or <see cref="TryFail"/> has an effect.</summary>
    /// <param name="result">The result.</param>
    /// <returns><see langword="false"/> if a result or fault was already set.</returns>
    public bool TrySet(T result) => TryComplete(result, null);

    /// <summary>Sets a fault. An <see cref="OperationCanceledException"/> cancels the tasks.</summary>
    /// <param name="fault">The exception that every waiter receives.</param>
    /// <returns><see langword="false"/> if a result or fault was already set.</returns>
    public bool TryFail(Exception fault) => TryComplete(default, fault);

    void IThreadPoolWorkItem.Execute()
    {
        List<TaskCompletionSource<T>>? waiters;
        TaskCompletionSource<T>? source;
        lock (_gate)
        {
            _isDone = true;
            (waiters, _waiters, source) = (_waiters, null, _source);
        }

        // Each waiter has a separate work item, so that a continuation that runs for long does not delay the next one.
        foreach (var waiter in waiters ?? [])
            runtime.Post(() => Complete(waiter));
        if (source is not null)
            Complete(source);
    }

    private bool TryComplete(T? result, Exception? fault)
    {
        if (Interlocked.Exchange(ref _taken, 1) != 0)
            return false;
        (_result, _fault) = (result, fault);
        if (runtime is ThreadPoolRuntime)
            ((IThreadPoolWorkItem)this).Execute();
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
