using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents the sending part of a stream (RFC 9000, section 3.1): the queue between the writer and the core, and how the stream ends. The
/// members for the writer may be called from any thread; those for the core only by the core.
/// </summary>
internal abstract class SendStreamState : ScheduledItem
{
    private readonly ByteBudget _budget;
    private readonly int _limit;
    private SendQueue _queue;
    private TransportEnd? _connectionEnd;
    private SendOrder? _order;
    private ulong? _resetCode;
    private ulong? _stopCode;
    private bool _resetSent;
    private bool _finished;
    private bool _finSent;
    private bool _hasSent;
    private bool _finIsAlone;

    // What was acknowledged since the last flush. Only the core uses it.
    private long _acknowledged;
    private bool _hasAcknowledged;
    private bool _isEndAcknowledged;

    protected SendStreamState(long id, CoreSettings settings)
    {
        Id = id;
        // Bidirectional streams carry control messages, which are short.
        IsUrgent = !IsUni;
        _budget = settings.Budget;
        _limit = settings.SendQueue;
        _queue = new SendQueue(settings.Pool);
    }

    public long Id { get; }

    /// <summary>
    /// Gets a value that indicates whether everything that was written, the end of the stream included, has been sent at least once.
    /// </summary>
    public bool IsSent
    {
        get
        {
            lock (Gate)
                return _queue.Unsent == 0 && (!_finished || _finSent);
        }
    }

    /// <summary>
    /// Gets or sets a value that indicates whether the stream waits for the core. The caller must hold the lock of the connection.
    /// </summary>
    internal bool IsHandedOver { get; set; }

    /// <summary>Gets a value that indicates whether a reset was requested. It may already have been sent.</summary>
    internal bool IsResetWanted => _resetCode is not null;

    /// <summary>Gets a value that indicates whether the core has data, an end or an opening frame to send.</summary>
    internal bool HasWork
    {
        get
        {
            lock (Gate)
                return HasMore;
        }
    }

    /// <summary>Gets the number of bytes that were sent, retransmissions not counted. Only the core may use it.</summary>
    internal long Offset { get; private set; }

    /// <summary>Gets a value that indicates whether this direction has ended.</summary>
    internal bool HasEnded
    {
        get
        {
            lock (Gate)
                return Ending is not null;
        }
    }

    /// <summary>Gets the lock of the stream.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>Gets how the stream has ended, or null. The caller must hold the lock.</summary>
    protected StreamEnd? Ending { get; private set; }

    /// <summary>Gets a value that indicates whether nothing more is sent, whatever is queued. The caller must hold the lock.</summary>
    protected bool IsCut => Ending is not null || _resetCode is not null || _stopCode is not null;

    /// <summary>Gets a value that indicates whether a writer has to wait. The caller must hold the lock.</summary>
    protected bool IsFull => _queue.Unsent > _limit || _budget.IsOver;

    /// <summary>
    /// Gets a value that indicates whether a waiting writer can continue. It waits until half of the queue is free, because a wake-up for
    /// each packet costs more than sending the packet. A writer that waits for the budget continues when the endpoint is within it again,
    /// or when everything was sent: then other streams use the budget up. The caller must hold the lock.
    /// </summary>
    protected bool HasRoomAgain => _queue.Unsent == 0 || (IsHalfEmpty && !_budget.IsOver);

    /// <summary>Gets a value that indicates whether at least half of the queue is free. The caller must hold the lock.</summary>
    protected bool IsHalfEmpty => _queue.Unsent <= _limit / 2;

    private bool HasMore => OpensBeforeReset || (!IsCut && (_queue.Unsent > 0 || (_finished && !_finSent)));

    /// <summary>
    /// Gets a value that indicates whether the stream was reset before anything of it was sent, so that its first byte, or an empty frame,
    /// is sent before the reset: a peer on ngtcp2 (1.11 at least) never closes a unidirectional stream whose first frame is a reset.
    /// </summary>
    private bool OpensBeforeReset => _resetCode is not null && !_resetSent && !_hasSent && IsUni && _stopCode is null && Ending is null;

    private bool IsUni => QuicStream.IsUniId(Id);

    /// <summary>Requests the end of the stream after the bytes that are queued. Called for the writer.</summary>
    /// <returns>True if the stream must be handed to the core.</returns>
    internal bool TryFinish()
    {
        lock (Gate)
        {
            if (IsCut || _finished)
                return false;
            _finished = true;
            return true;
        }
    }

    /// <summary>
    /// Requests a reset. A finished stream can still be reset while its bytes are not acknowledged. Called for the writer.
    /// </summary>
    /// <returns>True if the stream must be handed to the core.</returns>
    internal bool TryReset(ulong code)
    {
        lock (Gate)
        {
            if (IsCut)
                return false;
            // The core drops what is queued: it may be putting it into a packet now.
            _resetCode = code;
            OnWritable();
            return true;
        }
    }

    /// <summary>Requests another place among the streams of the connection. Called for the writer.</summary>
    /// <returns>True if the stream must be handed to the core.</returns>
    internal bool TryReorder(SendOrder order)
    {
        lock (Gate)
        {
            if (IsCut || _order == order)
                return false;
            _order = order;
            return true;
        }
    }

    /// <summary>Returns the requested place among the streams of the connection, or null. Called by the core.</summary>
    internal SendOrder? TakeOrder()
    {
        lock (Gate)
            return _order;
    }

    /// <summary>Gets the data to send next. Called by the core.</summary>
    /// <returns>The number of vectors that were filled, or -1 if there is nothing to send.</returns>
    internal unsafe int Peek(NgVec* destination, int most, out uint flags)
    {
        lock (Gate)
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

    /// <summary>Counts bytes that were put into a packet. Called by the core, before <see cref="OnSent"/>.</summary>
    internal void Advance(long count) => Offset += count;

    /// <summary>Counts bytes, and the end of the stream if it was sent with them, as sent. Called by the core.</summary>
    /// <param name="count">The number of bytes.</param>
    /// <param name="fin">True if the end of the stream was sent.</param>
    /// <param name="isFinAlone">True if the end was sent in a frame without bytes.</param>
    /// <returns>True if there is more to send.</returns>
    internal bool OnSent(long count, bool fin, bool isFinAlone = false)
    {
        lock (Gate)
        {
            var wasHalfEmpty = IsHalfEmpty;
            _queue.Sent(count);
            _hasSent |= count > 0 || fin || OpensBeforeReset;
            _finSent |= fin;
            _finIsAlone |= isFinAlone;
            // Once, when the queue becomes half empty. A writer that waits for the budget is woken by the budget.
            if (_queue.Unsent == 0 || (!wasHalfEmpty && IsHalfEmpty))
                OnWritable();
            return HasMore;
        }
    }

    /// <summary>Takes a reset that has not been sent. Called by the core.</summary>
    internal ulong? TakeReset()
    {
        lock (Gate)
        {
            if (_resetSent || _resetCode is null || Ending is not null || OpensBeforeReset)
                return null;
            _resetSent = true;
            DropUnsent();
            // The other direction may keep the stream open for long, but this one has ended. Its blocks are released when ngtcp2 closes the
            // stream.
            if (!IsUni)
                End(new StreamEnd(StreamEndCause.Reset, _resetCode.Value));
            return _resetCode;
        }
    }

    /// <summary>
    /// Called by the core when the peer has acknowledged bytes, or the end that was sent without bytes. They are added up until
    /// <see cref="TakeAcknowledged"/>, so that the lock is acquired once for many packets.
    /// </summary>
    /// <returns>True if nothing was added up before.</returns>
    internal bool OnAcknowledged(long count)
    {
        var isFirst = !_hasAcknowledged;
        _hasAcknowledged = true;
        _acknowledged += count;
        _isEndAcknowledged |= count == 0;
        return isFirst;
    }

    /// <summary>Releases the bytes that were acknowledged. Called by the core.</summary>
    internal void TakeAcknowledged()
    {
        if (!_hasAcknowledged)
            return;
        var (count, isEnd) = (_acknowledged, _isEndAcknowledged);
        _acknowledged = 0;
        _hasAcknowledged = _isEndAcknowledged = false;
        lock (Gate)
        {
            var before = _queue.Unacknowledged;
            _queue.Acknowledged(count);
            _budget.Count(_queue.Unacknowledged - before);
            if (!IsUni && !IsCut && _finSent && _queue.Unacknowledged == 0 && (!_finIsAlone || isEnd))
                End(new StreamEnd(StreamEndCause.Acknowledged, 0));
        }
    }

    /// <summary>Called by the core when the peer has stopped the stream. ngtcp2 answers with a reset of the same code.</summary>
    internal void OnStopped(ulong code)
    {
        lock (Gate)
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
    /// Called by the core when both directions of the stream have ended, and ngtcp2 no longer uses its bytes. If not everything was
    /// acknowledged, the peer has stopped the stream with the given code.
    /// </summary>
    internal void OnClosed(ulong code)
    {
        TakeAcknowledged();
        lock (Gate)
        {
            End(_stopCode is { } stopped ? new StreamEnd(StreamEndCause.Stopped, stopped)
                : _resetCode is { } reset ? new StreamEnd(StreamEndCause.Reset, reset)
                : _finSent && _queue.Unacknowledged == 0 ? new StreamEnd(StreamEndCause.Acknowledged, 0)
                : new StreamEnd(StreamEndCause.Stopped, code));
            ReleaseBlocks();
        }
    }

    /// <summary>Called by the core when the connection has ended. Ends the stream and releases its memory.</summary>
    internal void OnConnectionClosed(TransportEnd end)
    {
        TakeAcknowledged();
        lock (Gate)
        {
            _connectionEnd = end;
            End(_stopCode is { } stopped ? new StreamEnd(StreamEndCause.Stopped, stopped)
                : _resetCode is { } reset ? new StreamEnd(StreamEndCause.Reset, reset)
                : new StreamEnd(StreamEndCause.ConnectionClosed, 0));
            ReleaseBlocks();
        }
    }

    /// <summary>Queues a copy of a header, and a block without copying it. The caller must hold the lock.</summary>
    protected void Enqueue(ReadOnlySpan<byte> header, BlockSlice slice)
    {
        var before = _queue.Unacknowledged;
        _queue.AddCopy(header);
        _queue.Add(slice);
        _budget.Count(_queue.Unacknowledged - before);
    }

    /// <summary>Returns the exception of a write, or null if bytes can be written. The caller must hold the lock.</summary>
    protected Exception? Failure()
    {
        if (_stopCode is { } stopped)
            return new TransportStreamException(stopped, isRemote: true, $"The peer stopped stream {Id} with code {stopped}.");
        if (_resetCode is { } reset)
            return new TransportStreamException(reset, isRemote: false, $"Stream {Id} was reset on this side with code {reset}.");
        if (_connectionEnd is { } end)
            return new TransportClosedException(end);
        return _finished || Ending is not null
            ? new TransportStreamException(0, isRemote: false, $"Stream {Id} was finished: nothing more can be written.")
            : null;
    }

    /// <summary>Called under the lock when a waiting writer should check whether it can continue.</summary>
    protected abstract void OnWritable();

    /// <summary>Called under the lock, once, when the stream has ended.</summary>
    protected abstract void OnEnded(StreamEnd end);

    private void End(StreamEnd end)
    {
        if (Ending is not null)
            return;
        Ending = end;
        if (end.Cause == StreamEndCause.Stopped)
            _stopCode ??= end.Code;
        OnEnded(end);
        OnWritable();
    }

    private void ReleaseBlocks()
    {
        _budget.Count(-_queue.Unacknowledged);
        _queue.Clear();
    }

    private void DropUnsent()
    {
        var before = _queue.Unacknowledged;
        _queue.DropUnsent();
        _budget.Count(_queue.Unacknowledged - before);
        OnWritable();
    }
}
