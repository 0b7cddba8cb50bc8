using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>Contains the part of a send stream that runs on the I/O thread: the data for packets, and the end of the stream.</summary>
internal sealed partial class QuicSendStream
{
    /// <summary>
    /// Returns the requested send order of the stream among the streams of the connection, or null. Called on the I/O thread.
    /// </summary>
    internal SendOrder? TakeOrder()
    {
        lock (_gate)
            return _order;
    }

    /// <summary>
    /// Fills buffers with the data to send next, and sets the flag for the end of the stream. Returns the number of buffers, or -1 if there
    /// is nothing to send. Called on the I/O thread.
    /// </summary>
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

    /// <summary>Marks bytes as sent, and wakes the writer if there is room again. Called on the I/O thread.</summary>
    /// <param name="count">The number of bytes that were sent.</param>
    /// <param name="fin">True if the end of the stream was sent with them; otherwise, false.</param>
    /// <returns>True if there is more to send; otherwise, false.</returns>
    internal bool OnSent(long count, bool fin)
    {
        lock (_gate)
        {
            var before = _queue.Unsent;
            _queue.Sent(count);
            _hasSent |= count > 0 || fin || OpensBeforeReset;
            _finSent |= fin;
            _finIsAlone |= fin && count == 0;
            // Set once, when the queue becomes half empty. A writer that waits for the byte budget is woken by the budget.
            if (_writable is not null && (_queue.Unsent == 0 || (before > HalfOfQueue && _queue.Unsent <= HalfOfQueue)))
                _writable.Set();
            return HasMore;
        }
    }

    /// <summary>
    /// Takes the code of a requested reset that can be sent now, and drops the unsent bytes. Returns null if there is none. Called on the
    /// I/O thread.
    /// </summary>
    internal ulong? TakeReset()
    {
        lock (_gate)
        {
            if (_resetSent || _resetCode is null || _end is not null || OpensBeforeReset)
                return null;
            _resetSent = true;
            DropUnsent();
            // The other direction may keep the stream open for a long time, but this direction has ended. Its blocks are kept until ngtcp2
            // closes the stream.
            if (!IsUni)
                End(new StreamEnd(StreamEndCause.Reset, _resetCode.Value));
            return _resetCode;
        }
    }

    /// <summary>
    /// Processes an acknowledgement by the peer: of the specified number of bytes, or, if it is 0, of an end that was sent without data.
    /// Called on the I/O thread.
    /// </summary>
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

    /// <summary>
    /// Processes a stop request of the peer: drops the unsent bytes. ngtcp2 answers with a reset that has the same code. Called on the I/O
    /// thread.
    /// </summary>
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
    /// Ends the stream and releases its blocks, which ngtcp2 no longer uses. If this side did not reset the stream and the peer did not
    /// acknowledge all of it, the peer has stopped it with the specified code. Called on the I/O thread.
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

    /// <summary>Ends the stream and releases its blocks, because the native connection was deleted. Called on the I/O thread.</summary>
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
