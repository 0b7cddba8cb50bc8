namespace IrohMoq.Reactive.Time;

/// <summary>A token that ends after a span of time or when the caller's own token does, and tells which of the two it was.</summary>
public sealed class TimeLimit : IDisposable
{
    // Never disposed: without a timer or link of its own it holds nothing, and a timer that fires late may still cancel it.
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
            _timer = runtime.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), _source, time < TimeSpan.Zero ? TimeSpan.Zero : time, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Canceled when the time is up or the caller cancels.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>True if the time is up and the caller has not canceled.</summary>
    public bool IsExpired => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Cancels <see cref="Token"/> before the time is up.</summary>
    internal void Cancel() => _source.Cancel();

    /// <summary>Stops the timer and leaves the caller's token. <see cref="Token"/> stays as it is.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        _callerCancels.Unregister();
    }
}
