namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>The part that runs on the I/O thread: data that arrives, and stops and credit for the peer.</summary>
internal sealed partial class QuicReceiveStream
{
    /// <summary>I/O thread: bytes arrived.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="fin">They are the last.</param>
    /// <param name="streamCredit">How much credit the peer may be given for this stream at once.</param>
    /// <returns>
    /// The connection credit that the peer can be given at once: for bytes that a reader has taken, and for bytes that are dropped.
    /// </returns>
    internal long OnData(ReadOnlySpan<byte> bytes, bool fin, out long streamCredit)
    {
        lock (_gate)
        {
            _ended |= fin;
            // A stream that was stopped gets no credit: the peer sends nothing more on it.
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

    /// <summary>I/O thread: the packets at hand have been taken in, and some were for this stream.</summary>
    internal void Wake()
    {
        IsNews = false;
        // Set under the lock before its reader waits. A signal that was returned meanwhile causes a needless wake-up.
        Volatile.Read(ref _readable)?.Set();
    }

    /// <summary>I/O thread: the peer gave the stream up; what was not read is gone.</summary>
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

    /// <summary>I/O thread: no more will come, for whatever reason. What has arrived can still be read.</summary>
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

    /// <summary>I/O thread: takes a stop that is not sent yet, and credit to give.</summary>
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
