using System.Threading.Tasks.Sources;

namespace IrohMoq.Reactive.Time;

/// <summary>
/// The only thing that anything in this library waits on: level-triggered, for one waiter at a time.
/// Setting it never runs the waiter; the waiter goes on in a turn of its own, so a setter may hold a lock
/// or stand inside a native callback. Waiting allocates nothing.
/// </summary>
/// <param name="runtime">Where the waiter goes on.</param>
/// <remarks>A wake may come for nothing (a late cancellation): whoever waits looks again, in a loop.</remarks>
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

    /// <summary>Wakes the waiter, or lets the next one pass at once. Setting it again before that changes nothing. Any thread.</summary>
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

    /// <summary>Waits until the signal is set, and takes that setting. One waiter at a time.</summary>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; nothing else is affected.</param>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default)
    {
        runtime.Verify();
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        if (Interlocked.CompareExchange(ref _state, Idle, IsSet) == IsSet)
            return default;

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
