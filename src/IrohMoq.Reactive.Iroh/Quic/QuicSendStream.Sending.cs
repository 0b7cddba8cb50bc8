using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>The half that runs on the I/O thread: what goes into packets, and how the direction ends.</summary>
internal sealed partial class QuicSendStream
{
    /// <summary>I/O thread: the place among the connection's streams that was asked for, or null.</summary>
    internal SendOrder? TakeOrder()
    {
        lock (_gate)
            return _order;
    }

    /// <summary>I/O thread: returns the data to send next, or -1 if there is none.</summary>
    internal unsafe int Peek(NgVec* destination, int most, out uint flags)
    {
        lock (_gate)
        {
            flags = 0;
            if (OpensBeforeReset)
            {
                var opening = _queue.Peek(destination, 1, out _);
                if (opening > 0)
                    destination[0].Length = 1;
                return opening;
            }

            if (IsCut)
                return -1;
            var count = _queue.Peek(destination, most, out var isAll);
            if (isAll && _finished && !_finSent)
                flags = Ngtcp2.WriteFin;
            return count == 0 && flags == 0 ? -1 : count;
        }
    }

    /// <summary>I/O thread: bytes went out, and with them the end if it was asked for and all were taken.</summary>
    /// <returns>True if there is more to send.</returns>
    internal bool OnSent(long count, bool fin)
    {
        lock (_gate)
        {
            var before = _queue.Unsent;
            _queue.Sent(count);
            _hasSent |= count > 0 || fin || OpensBeforeReset;
            _finSent |= fin;
            _finIsAlone |= fin && count == 0;
            // Once, when the queue becomes half empty: a writer that the budget holds back is woken by the budget.
            if (_writable is not null && (_queue.Unsent == 0 || (before > HalfOfQueue && _queue.Unsent <= HalfOfQueue)))
                _writable.Set();
            return HasMore;
        }
    }

    /// <summary>I/O thread: takes a reset that is not sent yet.</summary>
    internal ulong? TakeReset()
    {
        lock (_gate)
        {
            if (_resetSent || _resetCode is null || _end is not null || OpensBeforeReset)
                return null;
            _resetSent = true;
            DropUnsent();
            // The other direction may keep the stream open for long, but this one has ended. Its blocks stay until ngtcp2 closes the
            // stream.
            if (!IsUni)
                End(new StreamEnd(StreamEndCause.Reset, _resetCode.Value));
            return _resetCode;
        }
    }

    /// <summary>I/O thread: the peer has these bytes, or its transport has the end that went alone.</summary>
    internal void OnAcknowledged(long count)
    {
        lock (_gate)
        {
            var before = _queue.Unacknowledged;
            _queue.Acknowledged(count);
            _connection.Budget.Count(_queue.Unacknowledged - before);
            if (!IsUni && !IsCut && _finSent && _queue.Unacknowledged == 0 && (!_finIsAlone || count == 0))
                End(new StreamEnd(StreamEndCause.Acknowledged, 0));
        }
    }

    /// <summary>I/O thread: the peer wants no more; ngtcp2 answers with a reset of the same code.</summary>
    internal void OnStopped(ulong code)
    {
        lock (_gate)
        {
            if (IsCut)
                return;
            _stopCode = code;
            DropUnsent();
            if (!IsUni)
                End(new StreamEnd(StreamEndCause.Stopped, code));
        }
    }

    /// <summary>
    /// I/O thread: the stream is closed and ngtcp2 has let go of its bytes. What was not acknowledged to its end was cut by the peer, with
    /// the given code.
    /// </summary>
    internal void OnClosed(ulong code)
    {
        lock (_gate)
        {
            End(_stopCode is { } stopped ? new StreamEnd(StreamEndCause.Stopped, stopped)
                : _resetCode is { } reset ? new StreamEnd(StreamEndCause.Reset, reset)
                : _finSent && _queue.Unacknowledged == 0 ? new StreamEnd(StreamEndCause.Acknowledged, 0)
                : new StreamEnd(StreamEndCause.Stopped, code));
            ReleaseBlocks();
        }
    }

    /// <summary>I/O thread: the connection is deleted.</summary>
    internal void OnConnectionClosed()
    {
        lock (_gate)
        {
            End(_stopCode is { } stopped ? new StreamEnd(StreamEndCause.Stopped, stopped)
                : _resetCode is { } reset ? new StreamEnd(StreamEndCause.Reset, reset)
                : new StreamEnd(StreamEndCause.ConnectionClosed, 0));
            ReleaseBlocks();
        }
    }

    private void End(StreamEnd end)
    {
        if (_end is not null)
            return;
        _end = end;
        if (_observer is not null)
            _connection.Notices.Add(_observer, this, end);
        if (end.Cause == StreamEndCause.Stopped)
            _stopCode ??= end.Code;
        _closed?.TrySet(end);
        _writable?.Set();
    }

    private void ReleaseBlocks()
    {
        _connection.Budget.Count(-_queue.Unacknowledged);
        _queue.Clear();
    }

    private void DropUnsent()
    {
        var before = _queue.Unacknowledged;
        _queue.DropUnsent();
        _connection.Budget.Count(_queue.Unacknowledged - before);
        _writable?.Set();
    }
}
