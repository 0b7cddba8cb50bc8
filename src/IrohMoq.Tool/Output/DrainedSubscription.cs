using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Output;

/// <summary>
/// Represents a subscription whose disposal waits for the end of its stream, so that the last values, which the source emits while it shuts
/// down, are observed before the program ends.
/// </summary>
internal sealed class DrainedSubscription<T> : IAsyncDisposable
{
    private readonly Completion<bool> _ended;
    private readonly IDisposable _subscription;

    public DrainedSubscription(IObservable<T> stream, Action<T> onNext, Runtime runtime)
    {
        _ended = new Completion<bool>(runtime);
        _subscription = stream.Subscribe(onNext, _ => _ended.TrySet(false), () => _ended.TrySet(true));
    }

    /// <summary>Waits for the end of the stream, then disposes the subscription.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.Task.ConfigureAwait(false);
        _subscription.Dispose();
    }
}
