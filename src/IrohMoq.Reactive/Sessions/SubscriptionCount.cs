using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Counts the subscriptions that a connection carries, in both directions, and allows one caller to wait until there are none.
/// </summary>
internal sealed class SubscriptionCount(Runtime runtime)
{
    private readonly Signal _none = new(runtime);
    private int _count;

    public int Value => Volatile.Read(ref _count);

    public void Increment() => Interlocked.Increment(ref _count);

    public void Decrement()
    {
        if (Interlocked.Decrement(ref _count) == 0)
            _none.Set();
    }

    public async ValueTask WaitForNoneAsync(CancellationToken cancellationToken)
    {
        while (Value > 0)
            await _none.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
