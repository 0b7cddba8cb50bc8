using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents how the receiving part of a stream ends (RFC 9000, section 3.2): with its last byte (FIN), with a reset of the peer, with a
/// stop of this side, or with the connection. This type is not thread-safe; the caller must hold the lock of the stream.
/// </summary>
internal struct ReceiveEnd
{
    private TransportEnd? _connectionEnd;
    private ulong? _resetCode;
    private ulong? _stopCode;
    private bool _stopSent;
    private bool _isClosed;
    private bool _isDropped;

    /// <summary>Gets a value that indicates whether the last byte has arrived.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Gets a value that indicates whether this side has stopped the stream.</summary>
    public readonly bool IsStopped => _stopCode is not null;

    /// <summary>Gets a value that indicates whether nothing more can arrive.</summary>
    public readonly bool IsComplete => IsFinished || _isClosed;

    /// <summary>Records that bytes have arrived.</summary>
    /// <param name="fin">True if the bytes are the last of the stream.</param>
    public void OnData(bool fin) => IsFinished |= fin;

    /// <summary>Requests the peer to stop sending.</summary>
    /// <param name="code">The code for the peer.</param>
    /// <param name="hasUnread">True if there are bytes that were not read.</param>
    /// <returns>False if the stream needs no stop.</returns>
    public bool TryStop(ulong code, bool hasUnread)
    {
        if (IsStopped || _resetCode is not null || (IsComplete && !hasUnread))
            return false;
        _stopCode = code;
        return true;
    }

    /// <summary>Records that the peer has reset the stream.</summary>
    /// <returns>False if the stream was reset or stopped before.</returns>
    public bool TryReset(ulong code)
    {
        if (_resetCode is not null || IsStopped)
            return false;
        _resetCode = code;
        return true;
    }

    /// <summary>Returns the code of a stop that must be sent now, or null.</summary>
    public ulong? TakeStop()
    {
        if (_stopSent || !IsStopped)
            return null;
        _stopSent = true;
        return _stopCode;
    }

    /// <summary>Records that the stream is closed.</summary>
    /// <param name="end">The end of the connection, or null if only the stream has ended.</param>
    public void OnClosed(TransportEnd? end)
    {
        _isClosed = true;
        _connectionEnd ??= end;
    }

    /// <summary>Records that the unread bytes are released because the connection was disposed.</summary>
    /// <param name="end">The end of the connection.</param>
    /// <param name="hasUnread">True if there are bytes that were not read.</param>
    public void OnDropped(TransportEnd end, bool hasUnread)
    {
        _isDropped |= hasUnread;
        _connectionEnd ??= end;
    }

    /// <summary>Returns the exception of a read, or null if there are bytes left or may come.</summary>
    /// <param name="id">The stream id.</param>
    /// <param name="hasUnread">True if there are bytes that were not read.</param>
    public readonly Exception? Failure(long id, bool hasUnread)
    {
        if (_stopCode is { } stopped)
            return new TransportStreamException(stopped, isRemote: false, $"Stream {id} was stopped on this side with code {stopped}.");
        if (hasUnread || (IsFinished && !_isDropped && _resetCode is null))
            return null;
        if (_resetCode is { } reset)
            return new TransportStreamException(reset, isRemote: true, $"The peer reset stream {id} with code {reset}.");
        return _connectionEnd is { } end ? new TransportClosedException(end) : null;
    }
}
