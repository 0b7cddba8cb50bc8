using System.Threading.Tasks.Sources;

namespace IrohMoq.Reactive.Time;

/// <summary>
/// Represents a level-triggered event for one waiter at a time; the only primitive on which this library waits. Setting the event never
/// runs the waiter on the caller's stack: the waiter continues in a separate work item. The event may therefore be set while a lock is
/// held or in a native callback. Waiting allocates no memory.
/// </summary>
/// <param name="runtime">The runtime on which the waiter continues.</param>
/// <remarks>
/// A wait may also end without a reason, for example after a late cancellation. Callers must therefore check their condition again, in a
/// loop.
/// </remarks>
public sealed class Signal(Runtime runtime) : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int IsSet = 2;
    private const int Posted = 3;

    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _cancel;
    private CancellationToken _token;
    private int _state;

    /// <summary>
    /// Sets the event: wakes the waiter or, if there is none, lets the next wait complete immediately. Further calls before that have no
    /// effect. This method is thread-safe.
    /// </summary>
    public void Set()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state is IsSet or Posted)
                return;
            if (Interlocked.CompareExchange(ref _state, state == Waiting ? Posted : IsSet, state) != state)
                continue;
            if (state == Waiting)
                runtime.Post(this);
            return;
        }
    }

    /// <summary>Waits until the signal is set, and resets it. Only one wait may be pending at a time.</summary>
    /// <param name="cancellationToken">
    /// A token that ends the wait with an <see cref="OperationCanceledException"/>. The signal can still be used afterwards.
    /// </param>
    /// <exception cref="InvalidOperationException">Another wait is pending. It is not affected.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default)
    {
        runtime.Verify();
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        if (Interlocked.CompareExchange(ref _state, Idle, IsSet) == IsSet)
            return default;
        if (Volatile.Read(ref _state) is Waiting or Posted)
            throw new InvalidOperationException("A read or wait is pending. Await it before the next one: one caller may wait at a time.");

        _core.Reset();
        _token = cancellationToken;
        // Registered before Waiting is published, so that Execute sees the registration.
        _cancel = cancellationToken.UnsafeRegister(static signal => ((Signal)signal!).Set(), this);
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) != IsSet)
            return new ValueTask(this, _core.Version);

        Volatile.Write(ref _state, Idle);
        _cancel.Unregister();
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : default;
    }

    void IThreadPoolWorkItem.Execute()
    {
        _cancel.Unregister();
        Volatile.Write(ref _state, Idle);
        if (_token.IsCancellationRequested)
            _core.SetException(new OperationCanceledException(_token));
        else
            _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
