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
    // The list that replaces the waiters once no further one is added.
    private static readonly Waiter NoMore = new();

    // Created on demand: a session has several results that nobody awaits while it is idle.
    private TaskCompletionSource<T>? _source;
    private Waiter? _newest;
    private T? _result;
    private Exception? _fault;
    private int _taken;

    /// <summary>
    /// Gets the task that completes with the result. It is always the same task, for code that awaits it in one place only.
    /// </summary>
    public Task<T> Task => Source.Task;

    /// <summary>Gets a value indicating whether the result or a fault has been set, even if no waiter has continued yet.</summary>
    public bool IsSet => Volatile.Read(ref _taken) != 0;

    private bool IsDone => Volatile.Read(ref _newest) == NoMore;

    private TaskCompletionSource<T> Source
    {
        get
        {
            if (Volatile.Read(ref _source) is { } known)
                return known;
#pragma warning disable RS0030 // Only on the thread pool, where there is no virtual time to leave.
            var created = new TaskCompletionSource<T>(
                runtime is ThreadPoolRuntime ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
#pragma warning restore RS0030
            var source = Interlocked.CompareExchange(ref _source, created, null) ?? created;
            // Execute may have looked for the source before it was there.
            if (IsDone)
                Complete(source);
            return source;
        }
    }

    /// <summary>
    /// Returns a task that completes with the result. Any number of callers may call this method and await the returned tasks.
    /// </summary>
    public Task<T> WaitAsync()
    {
        if (runtime is ThreadPoolRuntime || IsDone)
            return Source.Task;
        var waiter = new Waiter();
        do
        {
            waiter.Next = Volatile.Read(ref _newest);
            if (waiter.Next == NoMore)
                return Source.Task;
        }
        while (Interlocked.CompareExchange(ref _newest, waiter, waiter.Next) != waiter.Next);
        return waiter.Task;
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
        // Each waiter has a separate work item, so that a continuation that runs for long does not delay the next one.
        for (var waiter = OldestFirst(Interlocked.Exchange(ref _newest, NoMore)); waiter is not null; waiter = waiter.Next)
        {
            var next = waiter;
            runtime.Post(() => Complete(next));
        }

        if (Volatile.Read(ref _source) is { } source)
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

    /// <summary>Reverses the list of waiters, so that they continue in the order in which they have come.</summary>
    private static Waiter? OldestFirst(Waiter? newest)
    {
        Waiter? oldest = null;
        while (newest is not null)
            (oldest, newest.Next, newest) = (newest, oldest, newest.Next);
        return oldest;
    }

    private sealed class Waiter : TaskCompletionSource<T>
    {
        /// <summary>Gets or sets the next waiter of the list.</summary>
        public Waiter? Next { get; set; }
    }
}
