using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Counts the memory that the streams of one connection hold for their readers, and the connection credit that is due to the peer. This
/// class is thread-safe.
/// </summary>
/// <param name="budget">The count of all connections.</param>
internal sealed class ReceiveAccount(ByteBudget budget)
{
    /// <summary>
    /// Streams that have ended and have bytes left to read. The set is its own lock, because streams add themselves under their own locks.
    /// </summary>
    private readonly HashSet<ReceiveStreamState> _unread = [];

    private long _held;
    private long _credit;

    /// <summary>Gets the number of bytes of memory that the connection holds for its readers.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Gets a value that indicates whether there are streams that have ended and are not read to their end.</summary>
    public bool HasUnread
    {
        get
        {
            lock (_unread)
                return _unread.Count > 0;
        }
    }

    /// <summary>Counts memory that is held for readers; a negative number is memory that is released.</summary>
    public void Count(long bytes)
    {
        if (bytes == 0)
            return;
        Interlocked.Add(ref _held, bytes);
        budget.Count(bytes);
    }

    /// <summary>Adds bytes that were read or dropped, for which credit is due to the peer.</summary>
    /// <returns>The number of bytes for which credit is due.</returns>
    public long AddCredit(long bytes) => Interlocked.Add(ref _credit, bytes);

    /// <summary>Returns the number of bytes for which connection credit is due to the peer, and resets the number.</summary>
    public long TakeCredit() => Interlocked.Exchange(ref _credit, 0);

    /// <summary>
    /// Stores a stream that has ended and is not read to its end, so that its memory can be released if it is never read.
    /// </summary>
    public void Keep(ReceiveStreamState stream)
    {
        lock (_unread)
            _unread.Add(stream);
    }

    /// <summary>Removes a stream that has nothing left to read.</summary>
    public void Forget(ReceiveStreamState stream)
    {
        lock (_unread)
            _unread.Remove(stream);
    }

    /// <summary>Releases the memory of all streams that have ended and were not read to their end.</summary>
    /// <param name="end">The end of the connection, with which later reads fail.</param>
    public void DropUnread(TransportEnd end)
    {
        ReceiveStreamState[] unread;
        lock (_unread)
            unread = [.. _unread];
        foreach (var stream in unread)
            stream.Drop(end);
    }
}
