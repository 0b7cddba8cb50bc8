using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <content>Handles what arrives from the receiving side. All members are called under the network's lock.</content>
internal sealed partial class InMemorySendStream
{
    /// <summary>Adds credit that the reader has returned.</summary>
    public void OnCredit(long bytes)
    {
        _credit += bytes;
        SendAllowed();
    }

    /// <summary>Sends a piece, if it can, when the connection has credit and it is this stream's turn.</summary>
    /// <returns>The number of bytes sent; 0 if there are none for now.</returns>
    public int SendPiece()
    {
        if (IsOver || _isEndSent)
            return 0;
        var size = SendNext();
        if (size > 0 && !IsFull)
            _writable.Set();
        return size;
    }

    /// <summary>Releases what the peer has acknowledged.</summary>
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

    /// <summary>Answers the peer, which has stopped the stream, with a reset of the same code.</summary>
    public void OnStopped(ulong code)
    {
        _stream.ArriveAt(_connection);
        if (IsOver || _resetCode is not null || _stopCode is not null)
            return;
        _stopCode = code;
        SendReset(code);
    }

    /// <summary>Ends the stream, because the connection is over.</summary>
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
