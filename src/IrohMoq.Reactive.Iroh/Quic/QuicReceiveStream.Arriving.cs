namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Contains the part of a receive stream that runs on the I/O thread: received data, and stop requests and flow control credit for the
/// peer.
/// </summary>
internal sealed partial class QuicReceiveStream
{
    /// <summary>
    /// Processes received bytes: copies them to the memory of a waiting reader, or queues them. Called on the I/O thread.
    /// </summary>
    /// <param name="bytes">The received bytes.</param>
    /// <param name="fin">True if the bytes are the last of the stream; otherwise, false.</param>
    /// <param name="streamCredit">The stream flow control credit, in bytes, that the peer can be given immediately.</param>
    /// <returns>
    /// The connection flow control credit, in bytes, that the peer can be given immediately: for bytes that were copied to a reader, and
    /// for bytes that are dropped.
    /// </returns>
    internal long OnData(ReadOnlySpan<byte> bytes, bool fin, out long streamCredit)
    {
        lock (_gate)
        {
            _ended |= fin;
            // A stopped stream gets no credit, because the peer sends no more data on it.
            streamCredit = 0;
            if (_stopCode is not null)
                return bytes.Length;
            var direct = 0;
            if (!_destination.IsEmpty && _queue.Count == 0)
            {
                direct = Math.Min(bytes.Length, _destination.Length - _delivered);
                bytes[..direct].CopyTo(_destination.Span[_delivered..]);
                _delivered += direct;
            }

            if (direct < bytes.Length)
            {
                var before = _queue.Capacity;
                _queue.Add(bytes[direct..]);
                _connection.CountReceived(_queue.Capacity - before);
            }

            if (_isCreditWithheld)
                _credit += direct;
            else
                streamCredit = direct;
            return direct;
        }
    }

    /// <summary>
    /// Wakes the reader after all packets at hand, some of them for this stream, have been processed. Called on the I/O thread.
    /// </summary>
    internal void Wake()
    {
        IsNews = false;
        // The field is set under the lock before the reader waits. If the signal was returned to its pool meanwhile, setting it causes only
        // a needless wake-up.
        Volatile.Read(ref _readable)?.Set();
    }

    /// <summary>Processes a reset by the peer: drops the unread bytes and wakes the reader. Called on the I/O thread.</summary>
    internal void OnReset(ulong code)
    {
        lock (_gate)
        {
            if (_isReset || _stopCode is not null)
                return;
            _isReset = true;
            _resetCode = code;
            _connection.CountRead(DropQueue());
            _readable?.Set();
        }
    }

    /// <summary>
    /// Marks the stream as closed, for any reason: no more data will arrive, but received bytes can still be read. Called on the I/O
    /// thread.
    /// </summary>
    internal void OnClosed()
    {
        lock (_gate)
        {
            _isOver = true;
            if (_queue.Count > 0 && !_isKept)
            {
                _isKept = true;
                _connection.Keep(this);
            }

            _readable?.Set();
        }
    }

    /// <summary>
    /// Takes the code of a stop request that has not been sent, or null, and the stream flow control credit to give to the peer. Called on
    /// the I/O thread.
    /// </summary>
    internal ulong? TakeStop(out long credit)
    {
        lock (_gate)
        {
            credit = _creditDue;
            _creditDue = 0;
            if (!_isCreditWithheld)
            {
                credit += _credit;
                _credit = 0;
            }

            if (_stopSent || _stopCode is null)
                return null;
            _stopSent = true;
            return _stopCode;
        }
    }
}
