using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Output;

/// <summary>
/// An observer that is waited for when it is disposed: what a stream says last, while its source shuts down, is told before the program
/// ends.
/// </summary>
internal sealed class Told<T> : IAsyncDisposable
{
    private readonly Completion<bool> _ended;
    private readonly IDisposable _subscription;

    public Told(IObservable<T> stream, Action<T> tell, Runtime runtime)
    {
        _ended = new Completion<bool>(runtime);
        _subscription = stream.Subscribe(tell, _ => _ended.TrySet(false), () => _ended.TrySet(true));
    }

    /// <summary>Waits for the end of the stream.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.Task.ConfigureAwait(false);
        _subscription.Dispose();
    }
}
