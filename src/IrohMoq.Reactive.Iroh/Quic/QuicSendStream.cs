using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>The direction of a stream that this side writes: a queue between the writer and the I/O thread.</summary>
internal sealed class QuicSendStream : ISendStream
{
    private readonly QuicConnection _connection;
    private readonly Lock _gate = new();
    private SendQueue _queue;
    private Signal? _writable;
    private OneShot<StreamEnd>? _closed;
    private StreamEnd? _end;
    private ulong? _resetCode;
    private ulong? _stopCode;
    private bool _resetSent;
    private bool _isStopping;
    private bool _finished;
    private bool _finSent;

    internal QuicSendStream(QuicConnection connection, long id)
    {
        _connection = connection;
        Id = id;
        _queue = new SendQueue(connection.Options.Pool);
    }

    public long Id { get; }

    /// <summary>True while the stream is in the connection's hand-over. Under the connection's lock.</summary>
    internal bool IsHandedOver { get; set; }

    public Task<StreamEnd> Closed
    {
        get
        {
            lock (_gate)
            {
                if (_closed is null)
                {
                    _closed = new OneShot<StreamEnd>(_connection.Options.Turns);
                    if (_end is { } end)
                        _closed.TrySet(end);
                }

                return _closed.Task;
            }
        }
    }

    /// <summary>True while the stream stands in the I/O thread's line of streams that have something to send. I/O thread only.</summary>
    internal bool IsInLine { get; set; }

    private bool IsOver => _end is not null || _resetCode is not null || _stopCode is not null || _finished;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
        WriteBlockAsync(bytes, default, cancellationToken);

    public ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        bool full;
        lock (_gate)
        {
            ThrowIfOver();
            var before = _queue.Unacknowledged;
            _queue.AddCopy(header.Span);
            _queue.Add(slice);
            _connection.CountBuffered(_queue.Unacknowledged - before);
            full = IsFull;
            if (full)
                _writable ??= new Signal(_connection.Options.Turns);
        }

        _connection.Hand(this);
        return full ? WaitForRoomAsync(cancellationToken) : default;
    }

    public void Finish()
    {
        lock (_gate)
        {
            if (IsOver)
                return;
            _finished = true;
        }

        _connection.Hand(this);
    }

    public void Reset(ulong code)
    {
        lock (_gate)
        {
            // A finished direction may still be reset while its bytes are on the way.
            if (_end is not null || _resetCode is not null || _stopCode is not null)
                return;
            _resetCode = code;
            DropUnsent();
            _writable?.Set();
        }

        _connection.Hand(this);
    }

    /// <summary>I/O thread: what to send next.</summary>
    internal unsafe int Peek(NgVec* destination, int most, out uint flags)
    {
        lock (_gate)
        {
            flags = 0;
            if (_end is not null || _resetCode is not null || _stopCode is not null)
                return -1;
            var count = _queue.Peek(destination, most, out var isAll);
            if (isAll && _finished && !_finSent)
                flags = Ngtcp2.WriteFin;
            return count == 0 && flags == 0 ? -1 : count;
        }
    }

    /// <summary>I/O thread: bytes went out, and with them the end if it was asked for and all were taken.</summary>
    internal void OnSent(long count, bool fin)
    {
        lock (_gate)
        {
            if (_resetCode is not null || _stopCode is not null || _end is not null)
                return;
            _queue.Sent(count);
            _finSent |= fin;
            if (!IsFull)
                _writable?.Set();
        }
    }

    /// <summary>I/O thread: is there something to send?</summary>
    internal bool HasWork
    {
        get
        {
            lock (_gate)
                return _end is null && _resetCode is null && _stopCode is null && (_queue.Unsent > 0 || (_finished && !_finSent));
        }
    }

    /// <summary>I/O thread: a reset that the peer has not been told of.</summary>
    internal ulong? TakeReset()
    {
        lock (_gate)
        {
            if (_resetSent || _resetCode is null || _end is not null)
                return null;
            _resetSent = true;
            return _resetCode;
        }
    }

    /// <summary>I/O thread: the peer has these bytes.</summary>
    internal void OnAcknowledged(long count)
    {
        lock (_gate)
        {
            var before = _queue.Unacknowledged;
            _queue.Acknowledged(count);
            _connection.CountBuffered(_queue.Unacknowledged - before);
            if (!IsFull)
                _writable?.Set();
        }
    }

    /// <summary>
    /// I/O thread: the peer wants no more, and ngtcp2 has answered with a reset of the same code. Which code that is it tells when the stream is closed: a round trip later, or, on a stream in
    /// both directions, when the other one is over too; that long a writer of such a stream sees 0.
    /// </summary>
    internal void OnStopped()
    {
        lock (_gate)
        {
            if (_end is not null || _resetCode is not null)
                return;
            _isStopping = true;
            if (!QuicStream.IsUniId(Id))
                _stopCode ??= 0;
            DropUnsent();
            _writable?.Set();
        }
    }

    /// <summary>I/O thread: the stream is closed, or its connection is over. Blocks are given back unless ngtcp2 may still point at them.</summary>
    internal void OnClosed(bool connectionClosed, ulong code = 0)
    {
        lock (_gate)
        {
            if (_end is not null)
                return;
            // What was neither reset here nor acknowledged to its end was stopped by the peer.
            if (!connectionClosed && _resetCode is null && !(_finSent && _queue.Unacknowledged == 0))
                _stopCode = code;
            _end = _stopCode is { } stopped ? new StreamEnd(StreamEndCause.Stopped, stopped)
                : _resetCode is { } reset ? new StreamEnd(StreamEndCause.Reset, reset)
                : connectionClosed ? new StreamEnd(StreamEndCause.ConnectionClosed, 0)
                : new StreamEnd(StreamEndCause.Acknowledged, 0);
            _closed?.TrySet(_end.Value);
            _writable?.Set();
        }

        if (!connectionClosed)
            ReleaseBlocks();
    }

    /// <summary>Nothing points at the blocks any more.</summary>
    internal void ReleaseBlocks()
    {
        lock (_gate)
        {
            _connection.CountBuffered(-_queue.Unacknowledged);
            _queue.Clear();
        }
    }

    /// <summary>Who writes to a stream that the peer has stopped waits for the code that comes with its close.</summary>
    private bool IsFull => _isStopping || _queue.Unsent > _connection.Options.SendQueue || _connection.IsOverBudget;

    private void DropUnsent()
    {
        var before = _queue.Unacknowledged;
        _queue.DropUnsent();
        _connection.CountBuffered(_queue.Unacknowledged - before);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_end is not null || _resetCode is not null || _stopCode is not null)
                        ThrowIfOver();
                    if (!IsFull || (_queue.Unsent == 0 && !_isStopping))
                        return;
                }

                await _writable!.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            Reset(0);
            throw;
        }
    }

    private void ThrowIfOver()
    {
        if (_stopCode is { } stopped)
            throw new TransportStreamException(stopped, isRemote: true, $"The peer stopped stream {Id} with code {stopped}.");
        if (_resetCode is { } reset)
            throw new TransportStreamException(reset, isRemote: false, $"Stream {Id} was reset on this side with code {reset}.");
        if (_connection.End is { } end)
            throw new TransportClosedException(end);
        if (_finished || _end is not null)
            throw new TransportStreamException(0, isRemote: false, $"Stream {Id} was finished: nothing more can be written.");
    }
}
