using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Counts the subscriptions that a connection carries, in both directions, and allows one caller to wait until there are none.
/// </summary>
internal sealed class SubscriptionCount(Runtime runtime)
{
    // Created by the caller that waits, because nobody waits while a connection is in use.
    private Signal? _none;
    private int _count;

    public int Value => Volatile.Read(ref _count);

    public void Increment() => Interlocked.Increment(ref _count);

    public void Decrement()
    {
        if (Interlocked.Decrement(ref _count) == 0)
            Volatile.Read(ref _none)?.Set();
    }

    public async ValueTask WaitForNoneAsync(CancellationToken cancellationToken)
    {
        if (Value == 0)
            return;
        // This is a full fence: a decrement that does not see the signal happens before the count is read again.
        var none = LazyInitializer.EnsureInitialized(ref _none, () => new Signal(runtime));
        while (Value > 0)
            await none.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
