namespace IrohMoq.Reactive.Testing.Tests.Streams;

/// <summary>
/// Represents an observer that checks the contract of Rx: one call at a time, and none after the end or after the disposal of the
/// subscription.
/// </summary>
internal sealed class ContractObserver<T>(Action<T>? onNext = null) : IObserver<T>, IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _breaches = [];
    private IDisposable? _subscription;
    private int _running;
    private bool _hasEnded;
    private bool _isDisposed;

    public int Count { get; private set; }

    public Exception? Failure { get; private set; }

    public bool IsCompleted { get; private set; }

    public bool HasEnded => _hasEnded;

    public IReadOnlyList<string> Breaches
    {
        get
        {
            lock (_gate)
                return [.. _breaches];
        }
    }

    public ContractObserver<T> SubscribeTo(IObservable<T> source)
    {
        _subscription = source.Subscribe(this);
        if (_isDisposed)
            _subscription.Dispose();
        return this;
    }

    public void OnNext(T value) => Call("OnNext", () =>
    {
        Count++;
        onNext?.Invoke(value);
    });

    public void OnError(Exception error) => Call("OnError", () => (_hasEnded, Failure) = (true, error));

    public void OnCompleted() => Call("OnCompleted", () => (_hasEnded, IsCompleted) = (true, true));

    public void Dispose()
    {
        _isDisposed = true;
        _subscription?.Dispose();
    }

    private void Call(string name, Action action)
    {
        if (Interlocked.Increment(ref _running) != 1)
            Report($"{name} runs during another call");
        if (_hasEnded)
            Report($"{name} comes after the end");
        if (_isDisposed)
            Report($"{name} comes after the subscription was disposed");
        try
        {
            action();
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private void Report(string breach)
    {
        lock (_gate)
            _breaches.Add(breach);
    }
}
