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
    private readonly WriteLimit _limit;
    private SendQueue _queue;
    private SendEnd _end;
    private AcknowledgedData _acknowledged;
    private SendOrder? _order;

    protected SendStreamState(long id, CoreSettings settings)
    {
        Id = id;
        // Bidirectional streams carry control messages, which are short.
        IsUrgent = !IsUni;
        _budget = settings.Budget;
        _limit = new WriteLimit(settings.SendQueue, _budget);
        _queue = new SendQueue(settings.Pool);
        _end = new SendEnd(IsUni);
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
                return _queue.Unsent == 0 && !_end.IsFinDue;
        }
    }

    /// <summary>
    /// Gets or sets a value that indicates whether the stream waits for the core. The caller must hold the lock of the connection.
    /// </summary>
    internal bool IsHandedOver { get; set; }

    /// <summary>Gets a value that indicates whether a reset was requested. It may already have been sent.</summary>
    internal bool IsResetWanted => _end.IsResetWanted;

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
                return _end.Result is not null;
        }
    }

    /// <summary>Gets the lock of the stream.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>Gets how the stream has ended, or null. The caller must hold the lock.</summary>
    protected StreamEnd? Ending => _end.Result;

    /// <summary>Gets a value that indicates whether nothing more is sent, whatever is queued. The caller must hold the lock.</summary>
    protected bool IsCut => _end.IsCut;

    /// <summary>Gets a value that indicates whether a writer has to wait. The caller must hold the lock.</summary>
    protected bool IsFull => _limit.IsFull(_queue.Unsent);

    /// <summary>Gets a value that indicates whether a waiting writer can continue. The caller must hold the lock.</summary>
    protected bool HasRoomAgain => _limit.HasRoomAgain(_queue.Unsent);

    /// <summary>Gets a value that indicates whether at least half of the queue is free. The caller must hold the lock.</summary>
    protected bool IsHalfEmpty => _limit.IsHalfEmpty(_queue.Unsent);

    private bool HasMore => _end.OpensBeforeReset || (!IsCut && (_queue.Unsent > 0 || _end.IsFinDue));

    private bool IsUni => QuicStream.IsUniId(Id);

    /// <summary>Requests the end of the stream after the bytes that are queued. Called for the writer.</summary>
    /// <returns>True if the stream must be handed to the core.</returns>
    internal bool TryFinish()
    {
        lock (Gate)
            return _end.TryFinish();
    }

    /// <summary>
    /// Requests a reset. A finished stream can still be reset while its bytes are not acknowledged. Called for the writer.
    /// </summary>
    /// <returns>True if the stream must be handed to the core.</returns>
    internal bool TryReset(ulong code)
    {
        lock (Gate)
        {
            // The core drops what is queued: it may be putting it into a packet now.
            if (!_end.TryReset(code))
                return false;
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
            if (_end.OpensBeforeReset)
            {
                var opening = _queue.Peek(destination, 1, out _);
                if (opening > 0)
                    destination[0].Length = 1;
                return opening;
            }

            if (IsCut)
                return -1;
            var count = _queue.Peek(destination, most, out var isAll);
            if (isAll && _end.IsFinDue)
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
            _end.OnSent(count, fin, isFinAlone);
            // Once, when the queue becomes half empty. A writer that waits for the budget is woken by the budget.
            if (_queue.Unsent == 0 || (!wasHalfEmpty && IsHalfEmpty))
                OnWritable();
            return HasMore;
        }
    }

    /// <summary>Returns the code of a reset that must be sent now, or null. Called by the core.</summary>
    internal ulong? TakeReset()
    {
        lock (Gate)
        {
            if (_end.TakeReset() is not { } code)
                return null;
            DropUnsent();
            // The other direction may keep the stream open for long, but this one has ended. Its blocks are released when ngtcp2 closes the
            // stream.
            if (!IsUni)
                End(new StreamEnd(StreamEndCause.Reset, code));
            return code;
        }
    }

    /// <summary>
    /// Called by the core when the peer has acknowledged bytes, or the end that was sent without bytes. They are added up until
    /// <see cref="TakeAcknowledged"/>, so that the lock is acquired once for many packets.
    /// </summary>
    /// <returns>True if nothing was added up before.</returns>
    internal bool OnAcknowledged(long count) => _acknowledged.Add(count);

    /// <summary>Releases the bytes that were acknowledged. Called by the core.</summary>
    internal void TakeAcknowledged()
    {
        if (!_acknowledged.TryTake(out var count, out var hasFin))
            return;
        lock (Gate)
        {
            var before = _queue.Unacknowledged;
            _queue.Acknowledged(count);
            _budget.Count(_queue.Unacknowledged - before);
            if (!IsUni && _end.IsAcknowledged(_queue.Unacknowledged == 0, hasFin))
                End(new StreamEnd(StreamEndCause.Acknowledged, 0));
        }
    }

    /// <summary>Called by the core when the peer has stopped the stream. ngtcp2 answers with a reset of the same code.</summary>
    internal void OnStopped(ulong code)
    {
        lock (Gate)
        {
            if (!_end.TryStop(code))
                return;
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
            Release(_end.OnClosed(_queue.Unacknowledged == 0, code));
    }

    /// <summary>Called by the core when the connection has ended. Ends the stream and releases its memory.</summary>
    internal void OnConnectionClosed(TransportEnd end)
    {
        TakeAcknowledged();
        lock (Gate)
            Release(_end.OnConnectionClosed(end));
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
    protected Exception? Failure() => _end.Failure(Id);

    /// <summary>Called under the lock when a waiting writer should check whether it can continue.</summary>
    protected abstract void OnWritable();

    /// <summary>Called under the lock, once, when the stream has ended.</summary>
    protected abstract void OnEnded(StreamEnd end);

    private void End(StreamEnd end)
    {
        if (!_end.TryEnd(end))
            return;
        OnEnded(end);
        OnWritable();
    }

    /// <summary>Ends the stream and releases its bytes.</summary>
    private void Release(StreamEnd end)
    {
        End(end);
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
