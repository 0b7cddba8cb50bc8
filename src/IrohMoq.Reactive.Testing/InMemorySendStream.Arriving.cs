using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <content>
/// Contains the processing of messages from the receiving side. The callers of all members must hold the lock of the network.
/// </content>
internal sealed partial class InMemorySendStream
{
    /// <summary>Adds flow control credit that the reader has given for this stream, and sends the bytes that it allows.</summary>
    public void OnCredit(long bytes)
    {
        _credit += bytes;
        SendAllowed();
    }

    /// <summary>
    /// Sends one piece of the queued bytes, as far as flow control allows. Called when the connection has credit and this stream is next in
    /// its order.
    /// </summary>
    /// <returns>The number of bytes sent; 0 if no bytes can be sent now.</returns>
    public int SendPiece()
    {
        if (IsOver || _isEndSent)
            return 0;
        var size = SendNext();
        if (size > 0 && !IsFull)
            _writable.Set();
        return size;
    }

    /// <summary>Releases the blocks whose bytes the peer has acknowledged. Ends the stream if its end was acknowledged.</summary>
    public void OnAcknowledged(int bytes, bool isEnd)
    {
        if (IsOver)
            return;
        _acknowledged += bytes;
        while (_held.TryPeek(out var oldest) && oldest.End <= _acknowledged)
            _held.Dequeue().Block.Release();
        if (isEnd && _resetCode is null && _stopCode is null)
            End(new StreamEnd(StreamEndCause.Acknowledged, 0));
    }

    /// <summary>Ends the stream, because the peer has acknowledged the reset.</summary>
    public void OnResetAcknowledged()
    {
        if (!IsOver)
            End(Outcome());
    }

    /// <summary>Processes a stop request of the peer: sends a reset with the same code.</summary>
    public void OnStopped(ulong code)
    {
        _stream.ArriveAt(_connection);
        if (IsOver || _resetCode is not null || _stopCode is not null)
            return;
        _stopCode = code;
        SendReset(code);
    }

    /// <summary>Ends the stream, because the connection has ended.</summary>
    public void OnConnectionEnded()
    {
        if (!IsOver)
            End(Outcome());
    }

    private StreamEnd Outcome() =>
        _stopCode is { } stopped ? new StreamEnd(StreamEndCause.Stopped, stopped)
        : _resetCode is { } reset ? new StreamEnd(StreamEndCause.Reset, reset)
        : new StreamEnd(StreamEndCause.ConnectionClosed, 0);

    private void End(StreamEnd end)
    {
        _end = end;
        _closed.TrySet(end);
        if (_observer is not null)
        {
            _connection.Notices.Add(_observer, this, end);
            _connection.Notices.Send();
        }

        _unsent.Clear();
        while (_held.TryDequeue(out var held))
            held.Block.Release();
        _writable.Set();
        if (_connection.End is null)
            _connection.Remove(this);
        _stream.OnDirectionOver();
    }
}
