namespace IrohMoq.Reactive.Pipeline;

/// <summary>One broadcast under one name for all sessions, and where it stands announced. Disposing it takes this very broadcast back everywhere.</summary>
internal sealed class PublishedBroadcast(long number, BroadcastPath name, BroadcastConsumer broadcast, Action<PublishedBroadcast> ended) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, IDisposable> _announced = [];
    private int _disposed;

    public long Number => number;

    public BroadcastPath Name => name;

    public void AnnounceOn(long session, MoqSession on)
    {
        if (on.TryAnnounce(name, broadcast) is not { } registration)
            return;
        lock (_gate)
            _announced.Add(session, registration);
    }

    public void Withdraw(long session)
    {
        IDisposable? registration;
        lock (_gate)
            _announced.Remove(session, out registration);
        registration?.Dispose();
    }

    /// <summary>The session is over, and with it what was announced there.</summary>
    public void Drop(long session)
    {
        lock (_gate)
            _announced.Remove(session);
    }

    /// <summary>Another broadcast has the name, or nobody has.</summary>
    public void Forget()
    {
        Volatile.Write(ref _disposed, 1);
        broadcast.Producer.ForgetOnEnd(Dispose);
        lock (_gate)
            _announced.Clear();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            ended(this);
    }
}
