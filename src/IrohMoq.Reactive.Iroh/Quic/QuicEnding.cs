using System.Text;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Contains the end of a connection: a close by either application, an error on either side, or a timeout. The first of these events
/// determines the reported end.
/// </summary>
internal sealed unsafe partial class QuicConnection
{
    private const int MaxReason = 1024;
    private const ulong LeastQuiet = 30_000_000;
    private const ulong MostQuiet = 3_000_000_000;

    private (ulong Code, string Text)? _problem;
    private bool _isShutDown;
    private LastRelease? _lastRelease;

    /// <summary>Closes the connection and releases its unread bytes, because the endpoint is ending.</summary>
    internal void Shutdown(ulong now)
    {
        _isShutDown = true;
        if (Native is not null)
            CloseByApplication(0, "", now);
        DropUnread();
    }

    /// <summary>Records that the peer has sent a stateless reset. ngtcp2 calls this before it reports the end of the connection.</summary>
    internal void OnStatelessReset() => _isReset = true;

    private void CloseByApplication(ulong code, string reason, ulong now)
    {
        var bytes = Encoding.UTF8.GetBytes(reason);
        var length = Math.Min(bytes.Length, MaxReason);
        // The text must not be cut in the middle of a character.
        while (length < bytes.Length && length > 0 && (bytes[length] & 0xc0) == 0x80)
            length--;
        fixed (byte* text = bytes)
        {
            NgCloseError error = default;
            Ngtcp2.SetApplicationError(&error, code, text, (nuint)length);
            Finish(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, false), &error, now);
        }
    }

    /// <summary>Ends the connection because the code of this library threw an exception. Other connections are not affected.</summary>
    private void Break(Exception fault, ulong now)
    {
        OnFault(fault);
        if (Native is not null)
            Fail(Ngtcp2.CallbackFailure, now);
    }

    /// <summary>Ends the connection after an ngtcp2 function returned an error code.</summary>
    private void Fail(int result, ulong now)
    {
        NgCloseError error = default;
        switch (result)
        {
            case Ngtcp2.Draining:
                Finish(PeersEnd(), null, now);
                return;
            case Ngtcp2.IdleClose or Ngtcp2.HandshakeTimeout:
                Finish(new TransportEnd(TransportEndCause.TimedOut, 0, "", false), null, now);
                return;
            case Ngtcp2.DropConnection or Ngtcp2.Closing or Ngtcp2.Retry:
                Finish(new TransportEnd(TransportEndCause.TransportError, 0, "dropped", false), null, now);
                return;
            case Ngtcp2.Crypto:
                Ngtcp2.SetTlsAlert(&error, Ngtcp2.GetTlsAlert(Native), null, 0);
                break;
            default:
                if (_problem is { } problem)
                    Ngtcp2.SetTransportError(&error, problem.Code, null, 0);
                else
                    Ngtcp2.SetLibraryError(&error, result, null, 0);
                break;
        }

        var text = _fault?.Message ?? _problem?.Text
            ?? (_isWrongPeer ? "the peer holds another key than the one that was dialed" : Ngtcp2.Describe(result));
        Finish(new TransportEnd(TransportEndCause.TransportError, error.Code, text, false), &error, now);
    }

    private TransportEnd PeersEnd()
    {
        if (_isReset)
            return new TransportEnd(TransportEndCause.Reset, 0, "", true);
        var error = Ngtcp2.GetCloseError(Native);
        var reason = error->ReasonLength == 0 ? "" : Encoding.UTF8.GetString(error->Reason, (int)error->ReasonLength);
        var cause = error->Type == NgCloseError.Application ? TransportEndCause.ClosedByApplication : TransportEndCause.TransportError;
        return new TransportEnd(cause, error->Code, reason, true);
    }

    /// <summary>
    /// Ends the connection: sends a close packet if an error is specified, releases the native objects, and notifies all waiters.
    /// </summary>
    private void Finish(TransportEnd end, NgCloseError* close, ulong now)
    {
        var packet = close is null ? null : WriteClose(close, now);
        Measure();
        var quiet = Math.Clamp(3 * Ngtcp2.GetPto(Native), LeastQuiet, MostQuiet);
        Ngtcp2.Delete(Native);
        Native = null;
        _tls!.Dispose();
        _self.Free();
        List<QuicStream> late;
        lock (_gate)
        {
            End = end;
            (late, _opened) = (_opened, []);
        }

        _loop.Retire(this, packet, now + quiet);
        foreach (var stream in _streams.Values.Concat(_openedTaken).Concat(late))
        {
            stream.Send?.OnConnectionClosed();
            stream.Receive?.OnClosed();
        }

        Notices.Send();
        _streams.Clear();
        _schedule.Clear();
        _uni.Close();
        _bidi.Close();
        // If this side ended the connection, no more data can be read. Otherwise the remaining bytes can be read until the connection is
        // disposed.
        var isDropped = !end.IsRemote && end.Cause != TransportEndCause.TimedOut;
        _incomingUni.End(() => new TransportClosedException(end), isDropped);
        _incomingBidi.End(() => new TransportClosedException(end), isDropped);
        if (isDropped)
            DropUnread();
        else if (HasUnread)
            _lastRelease = new LastRelease(this);
        if (!IsEstablished && !IsServer)
            _established.TryFail(
                _isShutDown
                    ? new ObjectDisposedException(nameof(IrohEndpoint))
                    : ConnectErrors.From(end, _isWrongPeer, RemoteEndPoint, Options));
        _closed.TrySet(end);
        _loop.OnEnded(this, end, _fault);
    }

    private byte[]? WriteClose(NgCloseError* error, ulong now)
    {
        NgPathStorage path;
        NgPathStorage.Initialize(&path);
        NgPacketInfo info;
        var buffer = _loop.Buffer;
        var length = Ngtcp2.WriteConnectionClose(
            Native, &path.Path, (int)Ngtcp2.Version1, &info, buffer, Ngtcp2.GetMaxPayload(Native), error, now);
        if (length <= 0)
            return null;
        CountSent((int)length);
        _loop.Send((byte*)path.Path.Remote.Address, path.Path.Remote.Length, buffer, (int)length, (int)length);
        return new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
    }
}
