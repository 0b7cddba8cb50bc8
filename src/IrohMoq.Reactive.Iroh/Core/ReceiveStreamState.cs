using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents the receiving part of a stream (RFC 9000, section 3.2). Bytes are copied directly to the memory of a waiting reader, or to a
/// queue if no reader waits; the peer gets credit for what was read, not for what arrived. The members for the reader may be called from
/// any thread; those for the core only by the core.
/// </summary>
internal abstract class ReceiveStreamState
{
    private readonly ReceiveAccount _account;
    private ReceiveQueue _queue;
    private Memory<byte> _destination;
    private int _delivered;
    private ReadCredit _credit;
    private ReceiveEnd _end;
    private bool _isKept;

    protected ReceiveStreamState(long id, CoreSettings settings, ReceiveAccount account)
    {
        Id = id;
        _account = account;
        _credit = new ReadCredit(settings.StreamWindow);
        _queue = new ReceiveQueue(settings.Pool);
    }

    public long Id { get; }

    /// <summary>
    /// Gets or sets a value that indicates whether the stream waits for the core. The caller must hold the lock of the connection.
    /// </summary>
    internal bool IsHandedOver { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether data has arrived of which the reader has not been notified. Only the core may use it.
    /// </summary>
    internal bool IsNews { get; set; }

    /// <summary>Gets the lock of the stream.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>Gets a value that indicates whether a read is pending. The caller must hold the lock.</summary>
    protected bool IsReading => !_destination.IsEmpty;

    /// <summary>Gets a value that indicates whether the peer gets no credit for the bytes that are read.</summary>
    internal bool IsWithheld
    {
        get
        {
            lock (Gate)
                return _credit.IsWithheld;
        }
    }

    /// <summary>Withholds the credit of the stream from the peer, or grants it again. Called for the reader.</summary>
    /// <returns>True if the stream must be handed to the core.</returns>
    internal bool TryWithhold(bool isWithheld)
    {
        lock (Gate)
            return _credit.TryWithhold(isWithheld);
    }

    /// <summary>Requests the peer to stop sending, and drops the unread bytes. Called for the reader.</summary>
    /// <param name="code">The code for the peer.</param>
    /// <param name="dropped">The number of bytes for which connection credit is due.</param>
    /// <returns>True if the stream must be handed to the core.</returns>
    internal bool TryStop(ulong code, out long dropped)
    {
        lock (Gate)
        {
            dropped = 0;
            if (!_end.TryStop(code, _queue.Count > 0))
                return false;
            dropped = DropQueue();
            OnReadable();
            return true;
        }
    }

    /// <summary>Releases the unread bytes because the connection was disposed. A later read fails with the end of the connection.</summary>
    internal void Drop(TransportEnd end)
    {
        lock (Gate)
        {
            _end.OnDropped(end, _queue.Count > 0);
            DropQueue();
        }
    }

    /// <summary>Called by the core when bytes have arrived.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="fin">True if the bytes are the last of the stream.</param>
    /// <returns>
    /// The credit of the connection that is due to the peer at once: for bytes that were copied to a reader, and for bytes that were
    /// dropped.
    /// </returns>
    internal long OnData(ReadOnlySpan<byte> bytes, bool fin)
    {
        lock (Gate)
        {
            _end.OnData(fin);
            // A stopped stream gets no credit: the peer sends nothing more on it.
            if (_end.IsStopped)
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
                _account.Count(_queue.Capacity - before);
            }

            _credit.OnCopied(direct);
            return direct;
        }
    }

    /// <summary>
    /// Returns the credit of the stream for the bytes that were copied to a reader, and resets it to zero. Called by the core.
    /// </summary>
    internal long TakeArrivedCredit() => _credit.TakeArrived();

    /// <summary>Notifies the reader that data has arrived. Called by the core after all packets at hand were processed.</summary>
    internal void Wake()
    {
        IsNews = false;
        OnReadable();
    }

    /// <summary>Called by the core when the peer has reset the stream. Unread bytes are dropped.</summary>
    /// <returns>The number of dropped bytes for which connection credit is due.</returns>
    internal long OnReset(ulong code)
    {
        lock (Gate)
        {
            if (!_end.TryReset(code))
                return 0;
            var dropped = DropQueue();
            OnReadable();
            return dropped;
        }
    }

    /// <summary>Called by the core when the stream is closed. What has arrived can still be read.</summary>
    /// <param name="end">The end of the connection, or null if only the stream has ended.</param>
    internal void OnClosed(TransportEnd? end = null)
    {
        lock (Gate)
        {
            _end.OnClosed(end);
            if (_queue.Count > 0 && !_isKept)
            {
                _isKept = true;
                _account.Keep(this);
            }

            OnReadable();
        }
    }

    /// <summary>Returns the code of a stop that has not been sent, or null, and the credit that is due. Called by the core.</summary>
    internal ulong? TakeStop(out long credit)
    {
        lock (Gate)
        {
            credit = _credit.Take();
            return _end.TakeStop();
        }
    }

    /// <summary>Called when a waiting reader should check whether it can continue. The lock may be held or not.</summary>
    protected abstract void OnReadable();

    /// <summary>Sets the memory to which the next bytes are copied. The caller must hold the lock.</summary>
    protected void BeginRead(Memory<byte> destination)
    {
        _destination = destination;
        _delivered = 0;
    }

    /// <summary>
    /// Ends the pending read. Received data is no longer copied to the memory of that read. The caller must hold the lock.
    /// </summary>
    protected void EndRead() => _destination = default;

    /// <summary>
    /// Takes the result of the pending read: what was copied to its memory, or what is queued. The caller must hold the lock.
    /// </summary>
    /// <param name="count">The number of bytes that were read.</param>
    /// <param name="connectionCredit">The number of bytes for which connection credit is due: the core has credited copied bytes.</param>
    /// <param name="isStreamCreditDue">True if the stream must be handed to the core for credit.</param>
    /// <returns>False if the reader has to wait.</returns>
    protected bool TryEndRead(out int count, out int connectionCredit, out bool isStreamCreditDue)
    {
        connectionCredit = 0;
        isStreamCreditDue = false;
        count = _delivered;
        if (count == 0)
        {
            if (Failure() is { } failure)
                throw failure;
            if (!TryRead(_destination.Span, out count, out isStreamCreditDue))
                return false;
            connectionCredit = count;
        }

        EndRead();
        return true;
    }

    /// <summary>Reads the available bytes. 0 bytes are the end of the stream. The caller must hold the lock.</summary>
    /// <returns>False if the reader has to wait.</returns>
    protected bool TryRead(Span<byte> destination, out int count, out bool isStreamCreditDue)
    {
        count = 0;
        isStreamCreditDue = false;
        if (_queue.Count == 0)
            return _end.IsFinished;
        var before = _queue.Capacity;
        count = _queue.Read(destination);
        // The memory that is held counts, not the bytes in it.
        _account.Count(_queue.Capacity - before);
        ForgetIfEmpty();
        // The stream's window matters only while more can come.
        if (!_end.IsComplete)
            _credit.OnRead(count);
        isStreamCreditDue = _credit.IsDue;
        return true;
    }

    /// <summary>Returns the exception of a read, or null if there are bytes left or may come. The caller must hold the lock.</summary>
    protected Exception? Failure() => _end.Failure(Id, _queue.Count > 0);

    private long DropQueue()
    {
        var dropped = _queue.Count;
        _account.Count(-_queue.Capacity);
        _queue.Clear();
        ForgetIfEmpty();
        return dropped;
    }

    private void ForgetIfEmpty()
    {
        if (!_isKept || _queue.Count > 0)
            return;
        _isKept = false;
        _account.Forget(this);
    }
}
