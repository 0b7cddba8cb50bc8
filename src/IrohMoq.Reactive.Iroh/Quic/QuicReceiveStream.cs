using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Represents the direction of a stream that the peer writes. Received bytes are copied directly to the memory of a waiting reader,
/// otherwise to a queue. The peer gets flow control credit for bytes when they are read, not when they arrive.
/// </summary>
internal sealed partial class QuicReceiveStream : IReceiveStream, IFlowControlledStream
{
    private readonly QuicConnection _connection;
    private readonly Lock _gate = new();
    private ReceiveQueue _queue;
    private Memory<byte> _destination;
    private int _delivered;
    private Signal? _readable;
    private long _credit;
    private long _creditDue;
    private ulong _resetCode;
    private ulong? _stopCode;
    private bool _isReset;
    private bool _stopSent;
    private bool _ended;
    private bool _isOver;
    private bool _isDropped;
    private bool _isKept;
    private bool _isCreditWithheld;

    internal QuicReceiveStream(QuicConnection connection, long id)
    {
        _connection = connection;
        Id = id;
        _queue = new ReceiveQueue(connection.Options.Pool);
    }

    public long Id { get; }

    public bool IsCreditWithheld
    {
        get
        {
            lock (_gate)
                return _isCreditWithheld;
        }

        set
        {
            lock (_gate)
            {
                if (_isCreditWithheld == value)
                    return;
                _isCreditWithheld = value;
                if (_credit == 0)
                    return;
                // Credit for bytes that were read so far is given to the peer from here on, whatever the property is set to next.
                _creditDue += _credit;
                _credit = 0;
            }

            _connection.Hand(this);
        }
    }

    /// <summary>
    /// Gets or sets a value that indicates whether the stream is in the list of streams handed over to the I/O thread. The caller must hold
    /// the lock of the connection.
    /// </summary>
    internal bool IsHandedOver { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether data has arrived for which the reader has not been woken. Only the I/O thread may use
    /// it.
    /// </summary>
    internal bool IsNews { get; set; }

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        if (destination.IsEmpty)
            return ValueTask.FromException<int>(new ArgumentException("A read needs room for at least one byte.", nameof(destination)));
        if (cancellationToken.IsCancellationRequested)
        {
            Stop(0);
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        int count;
        bool grant;
        lock (_gate)
        {
            if (!_destination.IsEmpty)
                return ValueTask.FromException<int>(
                    new InvalidOperationException($"Stream {Id} is being read already. It has one reader at a time."));
            if (Failure() is { } failure)
                return ValueTask.FromException<int>(failure);
            if (!TryTake(destination.Span, out count, out grant))
            {
                _destination = destination;
                _delivered = 0;
                _readable = _connection.Signals.Rent();
                return WaitAsync(_readable, cancellationToken);
            }
        }

        Grant(count, grant);
        return new ValueTask<int>(count);
    }

    public void Stop(ulong code)
    {
        QuicConnection.ThrowIfNoCode(code);
        long dropped;
        lock (_gate)
        {
            if (_stopCode is not null || _isReset || (_ended && _queue.Count == 0) || (_isOver && _queue.Count == 0))
                return;
            _stopCode = code;
            dropped = DropQueue();
            _readable?.Set();
        }

        _connection.CountRead(dropped);
        _connection.Hand(this);
    }

    /// <summary>
    /// Releases the unread bytes, because the connection was disposed. A later read fails with the end of the connection.
    /// </summary>
    internal void Drop()
    {
        lock (_gate)
        {
            _isDropped |= _queue.Count > 0;
            DropQueue();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(Signal readable, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await readable.WaitAsync(cancellationToken).ConfigureAwait(false);
                int count;
                bool grant;
                lock (_gate)
                {
                    if (_delivered > 0)
                    {
                        count = _delivered;
                        _destination = default;
                        return count;
                    }

                    if (Failure() is { } failure)
                        throw failure;
                    if (!TryTake(_destination.Span, out count, out grant))
                        continue;
                    _destination = default;
                }

                Grant(count, grant);
                return count;
            }
        }
        catch (Exception failure)
        {
            // From here on, the I/O thread no longer writes to the memory of the caller.
            lock (_gate)
                _destination = default;
            if (failure is OperationCanceledException)
                Stop(0);
            throw;
        }
        finally
        {
            lock (_gate)
                _readable = null;
            _connection.Signals.Return(readable);
        }
    }

    /// <summary>
    /// Reads the available bytes; 0 bytes mean the end of the stream. Returns false if the reader must wait. The caller must hold the lock.
    /// </summary>
    private bool TryTake(Span<byte> destination, out int count, out bool grant)
    {
        count = 0;
        grant = false;
        if (_queue.Count == 0)
            return _ended;
        var before = _queue.Capacity;
        count = _queue.Read(destination);
        // The budget counts the memory of the blocks, not the bytes in them.
        _connection.CountReceived(_queue.Capacity - before);
        ForgetIfEmpty();
        // The peer needs stream credit only while more data can arrive.
        if (!_ended && !_isOver)
            _credit += count;
        grant = !_isCreditWithheld && _credit >= _connection.Options.StreamWindow / 8;
        return true;
    }

    /// <summary>
    /// Returns the exception with which a read must fail, or null if there is data or the stream is still open. The caller must hold the
    /// lock.
    /// </summary>
    private Exception? Failure()
    {
        if (_stopCode is { } stopped)
            return new TransportStreamException(stopped, isRemote: false, $"Stream {Id} was stopped on this side with code {stopped}.");
        if (_queue.Count > 0 || (_ended && !_isDropped && !_isReset))
            return null;
        if (_isReset)
            return new TransportStreamException(_resetCode, isRemote: true, $"The peer reset stream {Id} with code {_resetCode}.");
        return _connection.End is { } end ? new TransportClosedException(end) : null;
    }

    private void Grant(int count, bool streamToo)
    {
        if (count == 0)
            return;
        _connection.CountRead(count);
        if (streamToo)
            _connection.Hand(this);
    }

    private long DropQueue()
    {
        var dropped = _queue.Count;
        _connection.CountReceived(-_queue.Capacity);
        _queue.Clear();
        ForgetIfEmpty();
        return dropped;
    }

    private void ForgetIfEmpty()
    {
        if (!_isKept || _queue.Count > 0)
            return;
        _isKept = false;
        _connection.Forget(this);
    }
}
