using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>Represents the direction of a stream that this side writes: a queue between the writer and the I/O thread.</summary>
internal sealed partial class QuicSendStream : ScheduledItem, ISendStream, IScheduledStream, INotifyingStream
{
    private readonly QuicConnection _connection;
    private readonly Lock _gate = new();
    private SendQueue _queue;
    private Signal? _writable;
    private Completion<StreamEnd>? _closed;
    private IStreamEndObserver? _observer;
    private StreamEnd? _end;
    private SendOrder? _order;
    private ulong? _resetCode;
    private ulong? _stopCode;
    private bool _resetSent;
    private bool _finished;
    private bool _finSent;
    private bool _hasSent;
    private bool _finIsAlone;

    internal QuicSendStream(QuicConnection connection, long id)
    {
        _connection = connection;
        Id = id;
        // Bidirectional streams carry control messages, which are short, and are sent first.
        IsUrgent = !IsUni;
        _queue = new SendQueue(connection.Options.Pool);
    }

    public long Id { get; }

    public Task<StreamEnd> Closed
    {
        get
        {
            lock (_gate)
            {
                if (_closed is null)
                {
                    _closed = new Completion<StreamEnd>(_connection.Options.Runtime);
                    if (_end is { } end)
                        _closed.TrySet(end);
                }

                return _closed.Task;
            }
        }
    }

    /// <summary>
    /// Gets or sets a value that indicates whether the stream is in the list of streams handed over to the I/O thread. The caller must hold
    /// the lock of the connection.
    /// </summary>
    internal bool IsHandedOver { get; set; }

    /// <summary>Gets a value that indicates whether there is data or an end to send. Used on the I/O thread.</summary>
    internal bool HasWork
    {
        get
        {
            lock (_gate)
                return HasMore;
        }
    }

    public bool IsSent
    {
        get
        {
            lock (_gate)
                return _queue.Unsent == 0 && (!_finished || _finSent);
        }
    }

    private bool HasMore => OpensBeforeReset || (!IsCut && (_queue.Unsent > 0 || (_finished && !_finSent)));

    /// <summary>
    /// Gets a value that indicates whether the first byte of the stream, or an empty frame, must be sent before its reset. This is needed
    /// for a unidirectional stream that was reset before any data was sent: a peer that uses ngtcp2 (at least up to 1.11) never closes and
    /// never releases a stream whose first received frame is a reset.
    /// </summary>
    private bool OpensBeforeReset => _resetCode is not null && !_resetSent && !_hasSent && IsUni && _stopCode is null && _end is null;

    /// <summary>
    /// Gets a value that indicates whether a reset was requested on this side, whether it has been sent or not. May be read on any thread.
    /// </summary>
    internal bool IsResetWanted => _resetCode is not null;

    /// <summary>
    /// Gets a value that indicates whether the stream has ended, or was reset or stopped, so that queued data is not sent.
    /// </summary>
    private bool IsCut => _end is not null || _resetCode is not null || _stopCode is not null;

    private bool IsFull => _queue.Unsent > _connection.Options.SendQueue || _connection.Budget.IsOver;

    /// <summary>
    /// Gets a value that indicates whether a waiting writer may continue. After a full queue, the writer continues when half of the queue
    /// is free, because waking it for every sent packet would cost more than sending the packet. A writer that waits for the byte budget of
    /// the endpoint continues when the budget is no longer exceeded, or when all bytes of the stream are sent, because then this stream
    /// does not cause the excess.
    /// </summary>
    private bool HasRoomAgain => _queue.Unsent == 0 || (_queue.Unsent <= HalfOfQueue && !_connection.Budget.IsOver);

    /// <summary>Gets half of the number of bytes that the stream may queue.</summary>
    private int HalfOfQueue => _connection.Options.SendQueue / 2;

    private bool IsUni => QuicStream.IsUniId(Id);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
        WriteBlockAsync(bytes, default, cancellationToken);

    public ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        bool full;
        lock (_gate)
        {
            if (Failure() is { } failure)
                return ValueTask.FromException(failure);
            var before = _queue.Unacknowledged;
            _queue.AddCopy(header.Span);
            _queue.Add(slice);
            _connection.Budget.Count(_queue.Unacknowledged - before);
            full = IsFull;
            if (full)
                _writable = _connection.Signals.Rent();
        }

        _connection.Hand(this);
        return full ? WaitForRoomAsync(_writable!, cancellationToken) : default;
    }

    public void Finish()
    {
        lock (_gate)
        {
            if (IsCut || _finished)
                return;
            _finished = true;
        }

        _connection.Hand(this);
    }

    public void Reset(ulong code)
    {
        QuicConnection.ThrowIfNoCode(code);
        lock (_gate)
        {
            // A finished stream may still be reset while its bytes are in flight.
            if (IsCut)
                return;
            // The queued bytes are dropped on the I/O thread, because that thread may be writing them to a packet now.
            _resetCode = code;
            _writable?.Set();
        }

        _connection.Hand(this);
    }

    public void Schedule(SendOrder order)
    {
        lock (_gate)
        {
            if (IsCut || _order == order)
                return;
            _order = order;
        }

        _connection.Hand(this);
    }

    public void NotifyEnd(IStreamEndObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (_gate)
        {
            if (_observer is not null)
                throw new InvalidOperationException($"The end of stream {Id} has an observer already.");
            _observer = observer;
            if (_end is not { } end)
                return;
            _connection.Notices.Add(observer, this, end);
        }

        _connection.Notices.Send();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitForRoomAsync(Signal writable, CancellationToken cancellationToken)
    {
        LinkedListNode<Signal>? place = null;
        try
        {
            while (true)
            {
                bool isHeldByBudget;
                lock (_gate)
                {
                    if (IsCut && Failure() is { } failure)
                        throw failure;
                    if (HasRoomAgain)
                        return;
                    isHeldByBudget = _queue.Unsent <= HalfOfQueue;
                }

                if (isHeldByBudget && place is null)
                {
                    // The conditions are checked again after joining, so that no change of the budget is missed.
                    place = _connection.Budget.Join(writable);
                    continue;
                }

                await writable.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            Reset(0);
            throw;
        }
        finally
        {
            if (place is not null)
                _connection.Budget.Leave(place);
            lock (_gate)
                _writable = null;
            _connection.Signals.Return(writable);
        }
    }

    private Exception? Failure()
    {
        if (_stopCode is { } stopped)
            return new TransportStreamException(stopped, isRemote: true, $"The peer stopped stream {Id} with code {stopped}.");
        if (_resetCode is { } reset)
            return new TransportStreamException(reset, isRemote: false, $"Stream {Id} was reset on this side with code {reset}.");
        if (_connection.End is { } end)
            return new TransportClosedException(end);
        return _finished || _end is not null
            ? new TransportStreamException(0, isRemote: false, $"Stream {Id} was finished: nothing more can be written.")
            : null;
    }
}
