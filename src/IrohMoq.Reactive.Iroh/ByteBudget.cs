using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Counts the bytes that all connections of an endpoint keep for their readers and writers. The limit is not enforced: callers check
/// <see cref="IsOver"/> and wait while it is true. This class is thread-safe.
/// </summary>
/// <param name="most">The maximum number of bytes.</param>
internal sealed class ByteBudget(long most)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Signal> _waiting = [];
    private long _used;

    /// <summary>Gets the maximum number of bytes.</summary>
    public long Most => most;

    /// <summary>Gets the number of bytes that are kept.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>Gets a value that indicates whether more than the maximum is kept.</summary>
    public bool IsOver => Used > most;

    /// <summary>
    /// Adds a number of bytes to the count; a negative number subtracts. If the count falls below the limit, the first waiter is released.
    /// </summary>
    public void Count(long bytes)
    {
        if (bytes == 0)
            return;
        var used = Interlocked.Add(ref _used, bytes);
        // Exactly one count crosses the line, and it wakes the first waiter: a waiter joins before it looks at the budget for the last
        // time.
        if (used > most || used - bytes <= most)
            return;
        lock (_gate)
            _waiting.First?.Value.Set();
    }

    /// <summary>
    /// Adds a waiter behind the others. Its signal is set when there is room again and it is the first, until <see cref="Leave"/>. Look at
    /// <see cref="IsOver"/> after this, not before.
    /// </summary>
    /// <param name="signal">The waiter's signal.</param>
    /// <returns>The place of the waiter, for <see cref="Leave"/>.</returns>
    public LinkedListNode<Signal> Join(Signal signal)
    {
        lock (_gate)
            return _waiting.AddLast(signal);
    }

    /// <summary>
    /// Removes a waiter. While there is room, the next is woken: if all were woken at once, most would find the budget used up again.
    /// </summary>
    /// <param name="place">What <see cref="Join"/> returned.</param>
    public void Leave(LinkedListNode<Signal> place)
    {
        lock (_gate)
        {
            _waiting.Remove(place);
            if (!IsOver)
                _waiting.First?.Value.Set();
        }
    }
}
