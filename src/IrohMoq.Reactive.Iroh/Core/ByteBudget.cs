using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Counts the bytes that all connections of an endpoint buffer for their readers and writers. The class does not enforce the limit: callers
/// check <see cref="IsOver"/> and wait while it is true. This class is thread-safe.
/// </summary>
/// <param name="most">The maximum number of bytes.</param>
internal sealed class ByteBudget(long most)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Signal> _waiting = [];
    private long _used;

    /// <summary>Gets the maximum number of bytes.</summary>
    public long Most => most;

    /// <summary>Gets the number of bytes that are currently buffered.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>Gets a value that indicates whether more than the maximum number of bytes is buffered.</summary>
    public bool IsOver => Used > most;

    /// <summary>
    /// Adds a number of bytes to the count; a negative number is subtracted. If the count falls from above the limit to the limit or below,
    /// the first waiter is woken.
    /// </summary>
    public void Count(long bytes)
    {
        if (bytes == 0)
            return;
        var used = Interlocked.Add(ref _used, bytes);
        // Exactly one call crosses the limit, and that call wakes the first waiter. No waiter is missed, because a waiter joins before it
        // checks the budget for the last time.
        if (used > most || used - bytes <= most)
            return;
        lock (_gate)
            _waiting.First?.Value.Set();
    }

    /// <summary>
    /// Adds a waiter to the end of the queue of waiters. Until <see cref="Leave"/> is called, its signal is set when it is first in the
    /// queue and the count is within the limit. Check <see cref="IsOver"/> after this call, not only before.
    /// </summary>
    /// <param name="signal">The signal that wakes the waiter.</param>
    /// <returns>The queue node of the waiter, to pass to <see cref="Leave"/>.</returns>
    public LinkedListNode<Signal> Join(Signal signal)
    {
        lock (_gate)
            return _waiting.AddLast(signal);
    }

    /// <summary>
    /// Removes a waiter from the queue and, if the count is within the limit, wakes the next. Waiters are woken one at a time, because
    /// after waking all at once most would find the budget exhausted again.
    /// </summary>
    /// <param name="place">The queue node that <see cref="Join"/> returned.</param>
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
