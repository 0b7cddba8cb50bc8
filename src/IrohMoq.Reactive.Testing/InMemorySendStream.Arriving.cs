using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>What comes back from the other side, and what it changes. All members run under the network's lock.</summary>
internal sealed partial class InMemorySendStream
{
    /// <summary>The reader has made room on this stream.</summary>
    public void OnCredit(long bytes)
    {
        _credit += bytes;
        SendWhatMay();
    }

    /// <summary>The connection has credit, and this stream goes first: it sends a piece, if it still can.</summary>
    /// <returns>How many bytes it sent; 0 if it has no more for now.</returns>
    public int SendPiece()
    {
        if (IsOver || _isEndSent)
            return 0;
        var size = SendNext();
        if (size > 0 && !IsFull)
            _writable.Set();
        return size;
    }

    /// <summary>The peer's transport has these bytes.</summary>
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

    /// <summary>The peer's transport knows of the reset.</summary>
    public void OnResetAcknowledged()
    {
        if (!IsOver)
            End(Outcome());
    }

    /// <summary>The peer wants no more: answered with a reset of the same code.</summary>
    public void OnStopped(ulong code)
    {
        _stream.ArriveAt(_connection);
        if (IsOver || _resetCode is not null || _stopCode is not null)
            return;
        _stopCode = code;
        SendReset(code);
    }

    /// <summary>The connection is over.</summary>
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
