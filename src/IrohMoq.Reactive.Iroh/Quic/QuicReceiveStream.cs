using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// The direction of a stream that the peer writes. Bytes go straight into the memory of a reader that waits, otherwise into a queue; the peer is given
/// credit for what was read, not for what arrived.
/// </summary>
internal sealed class QuicReceiveStream : IReceiveStream
{
    private readonly QuicConnection _connection;
    private readonly Lock _gate = new();
    private readonly int _creditStep;
    private ReceiveQueue _queue;
    private Memory<byte> _destination;
    private int _delivered;
    private Signal? _readable;
    private long _credit;
    private ulong? _resetCode;
    private ulong? _stopCode;
    private bool _isReset;
    private bool _stopSent;
    private bool _ended;
    private bool _closed;

    internal QuicReceiveStream(QuicConnection connection, long id)
    {
        _connection = connection;
        Id = id;
        _creditStep = connection.Options.StreamWindow / 8;
        _queue = new ReceiveQueue(connection.Options.Pool);
    }

    public long Id { get; }

    /// <summary>True while the stream is in the connection's hand-over. Under the connection's lock.</summary>
    internal bool IsHandedOver { get; set; }

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            Stop(0);
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        int count;
        bool grant;
        lock (_gate)
        {
            if (!TryTake(destination.Span, out count, out grant))
            {
                _destination = destination;
                _delivered = 0;
                _readable ??= new Signal(_connection.Options.Turns);
                return WaitAsync(cancellationToken);
            }
        }

        if (grant)
            _connection.Hand(this);
        return new ValueTask<int>(count);
    }

    public void Stop(ulong code)
    {
        lock (_gate)
        {
            if (_stopCode is not null || _isReset || (_ended && _queue.Count == 0))
                return;
            _stopCode = code;
            _connection.CountBuffered(-_queue.Count);
            _credit += _queue.Count;
            _queue.Clear();
            _readable?.Set();
        }

        _connection.Hand(this);
    }

    /// <summary>I/O thread: bytes arrived.</summary>
    /// <returns>How many of them the peer may be given credit for at once, because a reader has them already.</returns>
    internal long OnData(ReadOnlySpan<byte> bytes, bool fin)
    {
        lock (_gate)
        {
            _ended |= fin;
            var direct = 0;
            if (_stopCode is not null)
                return bytes.Length;
            if (!_destination.IsEmpty && _queue.Count == 0)
            {
                direct = Math.Min(bytes.Length, _destination.Length - _delivered);
                bytes[..direct].CopyTo(_destination.Span[_delivered..]);
                _delivered += direct;
            }

            if (direct < bytes.Length)
            {
                _queue.Add(bytes[direct..]);
                _connection.CountBuffered(bytes.Length - direct);
            }

            _readable?.Set();
            return direct;
        }
    }

    /// <summary>I/O thread: the peer gave the stream up; what was not read is gone.</summary>
    /// <returns>How many bytes the connection gets credit for.</returns>
    internal long OnReset(ulong code)
    {
        lock (_gate)
        {
            if (_isReset)
                return 0;
            _isReset = true;
            _resetCode = code;
            var dropped = _queue.Count;
            _connection.CountBuffered(-dropped);
            _queue.Clear();
            _readable?.Set();
            var credit = dropped + _credit;
            _credit = 0;
            return credit;
        }
    }

    /// <summary>I/O thread: no more will come, for whatever reason. What has arrived can still be read.</summary>
    /// <returns>How many bytes the connection gets credit for: what was read and not yet told.</returns>
    internal long OnClosed()
    {
        lock (_gate)
        {
            _closed = true;
            _readable?.Set();
            var credit = _credit;
            _credit = 0;
            return credit;
        }
    }

    /// <summary>I/O thread: a stop that the peer has not been told of, and credit to give.</summary>
    internal ulong? TakeStop(out long credit)
    {
        lock (_gate)
        {
            credit = _credit;
            _credit = 0;
            if (_stopSent || _stopCode is null || _closed)
                return null;
            _stopSent = true;
            return _stopCode;
        }
    }

    /// <summary>Gives back what nobody has read, when the connection is not kept any more.</summary>
    internal void Drop()
    {
        lock (_gate)
        {
            _connection.CountBuffered(-_queue.Count);
            _queue.Clear();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _readable!.WaitAsync(cancellationToken).ConfigureAwait(false);
                int count;
                bool grant;
                lock (_gate)
                {
                    if (_delivered > 0)
                    {
                        count = _delivered;
                        _destination = default;
                        _delivered = 0;
                        return count;
                    }

                    if (!TryTake(_destination.Span, out count, out grant))
                        continue;
                    _destination = default;
                }

                if (grant)
                    _connection.Hand(this);
                return count;
            }
        }
        catch
        {
            bool cancelled;
            lock (_gate)
            {
                _destination = default;
                cancelled = cancellationToken.IsCancellationRequested;
            }

            if (cancelled)
                Stop(0);
            throw;
        }
    }

    /// <summary>False if the reader has to wait. Under the lock.</summary>
    private bool TryTake(Span<byte> destination, out int count, out bool grant)
    {
        count = 0;
        grant = false;
        if (_stopCode is { } stopped)
            throw new TransportStreamException(stopped, isRemote: false, $"Stream {Id} was stopped on this side with code {stopped}.");
        if (_queue.Count > 0)
        {
            count = _queue.Read(destination);
            _connection.CountBuffered(-count);
            _credit += count;
            grant = _credit >= _creditStep || (_closed && _queue.Count == 0);
            return true;
        }

        if (_isReset)
            throw new TransportStreamException(_resetCode!.Value, isRemote: true, $"The peer reset stream {Id} with code {_resetCode}.");
        if (_ended)
            return true;
        if (_connection.End is { } end)
            throw new TransportClosedException(end);
        return false;
    }
}
