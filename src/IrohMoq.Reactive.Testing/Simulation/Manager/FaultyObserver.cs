namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents an observer that throws an exception, or unsubscribes, when it receives its nth item. Reports a violation if it receives
/// another item afterwards.
/// </summary>
internal sealed class FaultyObserver<T>(SimulationLog log, string peer, int number, bool throws) : IObserver<T>
{
    private int _count;
    private IDisposable? _subscription;
    private bool _hasLeft;

    public void SubscribeTo(IObservable<T> source)
    {
        _subscription = source.Subscribe(this);
        if (_hasLeft)
            _subscription.Dispose();
    }

    public void OnNext(T value)
    {
        log.Write(peer, "faulty observer", $"gets {typeof(T).Name} {++_count}");
        if (_hasLeft)
        {
            log.ReportViolation(
                ManagerInvariants.NothingFails,
                $"an observer of {peer} that has unsubscribed or thrown gets nothing more", $"it gets a {typeof(T).Name}");
        }

        if (_count < number)
            return;
        _hasLeft = true;
        if (throws)
            throw new FaultyObserver.ThrownException();
        _subscription?.Dispose();
    }

    public void OnError(Exception error)
    {
    }

    public void OnCompleted()
    {
    }
}

/// <summary>Defines the exception that faulty observers of all item types throw.</summary>
internal static class FaultyObserver
{
    internal sealed class ThrownException() : Exception("an observer throws on purpose");
}
