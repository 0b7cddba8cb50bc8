using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents how the sending part of a stream ends (RFC 9000, section 3.1): with its last byte (FIN), with a reset of this side, with a
/// stop of the peer, or with the connection. This type is not thread-safe; the caller must hold the lock of the stream.
/// </summary>
/// <param name="isUni">True if the stream is unidirectional.</param>
internal struct SendEnd(bool isUni)
{
    private TransportEnd? _connectionEnd;
    private ulong? _resetCode;
    private ulong? _stopCode;
    private bool _finished;
    private bool _finSent;
    private bool _finIsAlone;
    private bool _resetSent;
    private bool _hasSent;

    /// <summary>Gets how the stream has ended, or null.</summary>
    public StreamEnd? Result { get; private set; }

    /// <summary>Gets a value that indicates whether nothing more is sent, whatever is queued.</summary>
    public readonly bool IsCut => Result is not null || _resetCode is not null || _stopCode is not null;

    /// <summary>Gets a value that indicates whether the end after the last byte was requested and has not been sent.</summary>
    public readonly bool IsFinDue => _finished && !_finSent;

    /// <summary>Gets a value that indicates whether a reset was requested. It may already have been sent.</summary>
    public readonly bool IsResetWanted => _resetCode is not null;

    /// <summary>
    /// Gets a value that indicates whether the stream was reset before anything of it was sent, so that its first byte, or an empty frame,
    /// is sent before the reset: a peer on ngtcp2 (1.11 at least) never closes a unidirectional stream whose first frame is a reset.
    /// </summary>
    public readonly bool OpensBeforeReset =>
        _resetCode is not null && !_resetSent && !_hasSent && isUni && _stopCode is null && Result is null;

    /// <summary>Requests the end after the last byte.</summary>
    /// <returns>False if the stream ends otherwise, or the end was requested already.</returns>
    public bool TryFinish()
    {
        if (IsCut || _finished)
            return false;
        _finished = true;
        return true;
    }

    /// <summary>Requests a reset.</summary>
    /// <returns>False if the stream ends otherwise already.</returns>
    public bool TryReset(ulong code)
    {
        if (IsCut)
            return false;
        _resetCode = code;
        return true;
    }

    /// <summary>Records that the peer has stopped the stream.</summary>
    /// <returns>False if the stream ends otherwise already.</returns>
    public bool TryStop(ulong code)
    {
        if (IsCut)
            return false;
        _stopCode = code;
        return true;
    }

    /// <summary>Records that a frame was sent.</summary>
    /// <param name="count">The number of bytes of the frame.</param>
    /// <param name="fin">True if the end of the stream was sent with them.</param>
    /// <param name="isFinAlone">True if the end was sent in a frame without bytes.</param>
    public void OnSent(long count, bool fin, bool isFinAlone)
    {
        _hasSent |= count > 0 || fin || OpensBeforeReset;
        _finSent |= fin;
        _finIsAlone |= isFinAlone;
    }

    /// <summary>Returns the code of a reset that must be sent now, or null.</summary>
    public ulong? TakeReset()
    {
        if (_resetSent || _resetCode is null || Result is not null || OpensBeforeReset)
            return null;
        _resetSent = true;
        return _resetCode;
    }

    /// <summary>Returns a value that indicates whether all bytes and the end after them are acknowledged.</summary>
    /// <param name="isAll">True if all bytes are acknowledged.</param>
    /// <param name="isFinAcknowledged">True if a frame without bytes was acknowledged.</param>
    public readonly bool IsAcknowledged(bool isAll, bool isFinAcknowledged) =>
        !IsCut && _finSent && isAll && (!_finIsAlone || isFinAcknowledged);

    /// <summary>Returns how the stream ends that ngtcp2 has closed.</summary>
    /// <param name="isAll">True if all bytes are acknowledged. Otherwise, the peer has stopped the stream.</param>
    /// <param name="code">The code with which the stream was closed.</param>
    public readonly StreamEnd OnClosed(bool isAll, ulong code) =>
        Early ?? (_finSent && isAll ? new StreamEnd(StreamEndCause.Acknowledged, 0) : new StreamEnd(StreamEndCause.Stopped, code));

    /// <summary>Returns how the stream ends whose connection has ended.</summary>
    public StreamEnd OnConnectionClosed(TransportEnd end)
    {
        _connectionEnd = end;
        return Early ?? new StreamEnd(StreamEndCause.ConnectionClosed, 0);
    }

    /// <summary>Sets how the stream has ended.</summary>
    /// <returns>False if the stream had ended before.</returns>
    public bool TryEnd(StreamEnd end)
    {
        if (Result is not null)
            return false;
        Result = end;
        if (end.Cause == StreamEndCause.Stopped)
            _stopCode ??= end.Code;
        return true;
    }

    /// <summary>Returns the exception of a write, or null if bytes can be written.</summary>
    /// <param name="id">The stream id.</param>
    public readonly Exception? Failure(long id)
    {
        if (_stopCode is { } stopped)
            return new TransportStreamException(stopped, isRemote: true, $"The peer stopped stream {id} with code {stopped}.");
        if (_resetCode is { } reset)
            return new TransportStreamException(reset, isRemote: false, $"Stream {id} was reset on this side with code {reset}.");
        if (_connectionEnd is { } end)
            return new TransportClosedException(end);
        return _finished || Result is not null
            ? new TransportStreamException(0, isRemote: false, $"Stream {id} was finished: nothing more can be written.")
            : null;
    }

    /// <summary>Gets the end of a stream that was stopped or reset before its last byte was acknowledged, or null.</summary>
    private readonly StreamEnd? Early =>
        _stopCode is { } stopped ? new StreamEnd(StreamEndCause.Stopped, stopped)
        : _resetCode is { } reset ? new StreamEnd(StreamEndCause.Reset, reset)
        : null;
}
