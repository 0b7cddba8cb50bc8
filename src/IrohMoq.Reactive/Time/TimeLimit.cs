namespace IrohMoq.Reactive.Time;

/// <summary>
/// Provides a cancellation token that is canceled after a time limit or when the caller's token is canceled. <see cref="IsExpired"/>
/// distinguishes the two cases.
/// </summary>
public sealed class TimeLimit : IDisposable
{
    // The source is not disposed: without a timer or link of its own it holds no resources, and a timer that fires late may still cancel
    // it.
#pragma warning disable CA2213
    private readonly CancellationTokenSource _source = new();
#pragma warning restore CA2213
    private readonly ITimer? _timer;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenRegistration _callerCancels;

    internal TimeLimit(Runtime runtime, TimeSpan time, CancellationToken caller)
    {
        _caller = caller;
        _callerCancels = caller.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _source);
        if (time != Timeout.InfiniteTimeSpan)
        {
            _timer = runtime.CreateTimer(
                static state => ((CancellationTokenSource)state!).Cancel(),
                _source,
                time < TimeSpan.Zero ? TimeSpan.Zero : time,
                Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Gets the token that is canceled when the time has elapsed or the caller cancels.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Gets a value indicating whether the time has elapsed and the caller has not canceled.</summary>
    public bool IsExpired => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Cancels <see cref="Token"/> before the time has elapsed.</summary>
    internal void Cancel() => _source.Cancel();

    /// <summary>Stops the timer and unregisters from the caller's token. The state of <see cref="Token"/> does not change.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        _callerCancels.Unregister();
    }
}
