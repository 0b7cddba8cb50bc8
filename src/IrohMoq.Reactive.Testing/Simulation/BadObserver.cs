namespace IrohMoq.Reactive.Testing;

/// <summary>An observer that harms itself only: it throws when it is told something for the nth time, or leaves while it is told, and is told nothing after that.</summary>
internal sealed class BadObserver<T>(Journal journal, string peer, int number, bool throws) : IObserver<T>
{
    private int _told;
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
        journal.Write(peer, "bad observer", $"told of {typeof(T).Name} {++_told}");
        if (_hasLeft)
            journal.Violated(Invariant.NothingFails, $"an observer of {peer} that has left or thrown is told nothing more", $"it is told of a {typeof(T).Name}");
        if (_told < number)
            return;
        _hasLeft = true;
        if (throws)
            throw new BadObserver.ThrownException();
        _subscription?.Dispose();
    }

    public void OnError(Exception error)
    {
    }

    public void OnCompleted()
    {
    }
}

/// <summary>What is common to bad observers of all kinds.</summary>
internal static class BadObserver
{
    internal sealed class ThrownException() : Exception("an observer throws on purpose");
}
