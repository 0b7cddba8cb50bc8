namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary>A subscription that notes what comes, when, and how it ends.</summary>
internal sealed class Noted<T> : IDisposable
{
    private readonly IDisposable _subscription;

    public Noted(Peers peers, IObservable<T> items) =>
        _subscription = items.Subscribe(
            item =>
            {
                Items.Add(item);
                Times.Add(peers.Seconds);
            },
            failure => (Failure, EndedAt) = (failure, peers.Seconds),
            () => (IsCompleted, EndedAt) = (true, peers.Seconds));

    public List<T> Items { get; } = [];

    public List<double> Times { get; } = [];

    public Exception? Failure { get; private set; }

    public bool IsCompleted { get; private set; }

    public double? EndedAt { get; private set; }

    public bool IsOver => EndedAt is not null;

    public void Dispose() => _subscription.Dispose();
}
