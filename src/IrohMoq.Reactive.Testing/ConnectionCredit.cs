using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the flow control of one side of an in-memory connection: the number of bytes that it may still send on all streams together,
/// the streams that wait for more, and the bytes for which it owes the other side credit. The lock of the network protects its state.
/// </summary>
internal sealed class ConnectionCredit(InMemoryConnection connection)
{
    private readonly SendSchedule _waiting = new();
    private long _consumed;

    /// <summary>Gets the number of bytes that may still be sent on all streams together.</summary>
    public long Left { get; private set; } = connection.Network.ConnectionWindow;

    public void Use(int bytes) => Left -= bytes;

    /// <summary>Adds a stream that waits for credit.</summary>
    public void Add(InMemorySendStream stream) => _waiting.Add(stream);

    /// <summary>Sets the order of a stream among the streams that wait for credit.</summary>
    public void Reorder(InMemorySendStream stream, SendOrder order) => _waiting.Reorder(stream, order);

    public void Remove(InMemorySendStream stream) => _waiting.Remove(stream);

    public void Clear() => _waiting.Clear();

    /// <summary>
    /// Counts bytes that were read or dropped on this side. When an eighth of the connection window is reached, gives the other side credit
    /// for them.
    /// </summary>
    public void OnConsumed(int bytes)
    {
        _consumed += bytes;
        if (_consumed < Math.Max(connection.Network.ConnectionWindow / 8, 1))
            return;
        var credit = _consumed;
        _consumed = 0;
        connection.Send($"may send {credit} more", peer => peer.Credit.OnReceived(credit));
    }

    private void OnReceived(long bytes)
    {
        Left += bytes;
        while (Left > 0 && _waiting.First is InMemorySendStream next)
        {
            var sent = next.SendPiece();
            _waiting.Charge(next, sent);
            if (!next.CanSend)
                _waiting.Remove(next);
        }
    }
}
