using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Contains the handlers of the events that ngtcp2 reports for a connection. A handler must not call ngtcp2, except to extend flow control
/// credit.
/// </summary>
internal sealed unsafe partial class QuicConnection
{
    private const ulong InternalError = 1;
    private const ulong NoApplicationProtocol = 0x100 + 120;
    private const ulong CertificateRequired = 0x100 + 116;

    /// <summary>
    /// The maximum number of streams that ngtcp2 may leak before the connection is closed. Each costs a few hundred bytes.
    /// </summary>
    private const int MostLeakedStreams = 1 << 16;

    private readonly List<QuicReceiveStream> _news = [];
    private readonly List<long> _resetUnseen = [];
    private int _leakedStreams;

    /// <summary>
    /// Checks the negotiated protocol and the key of the peer. A server then offers the connection to its application; a client still waits
    /// until the server has accepted it.
    /// </summary>
    /// <returns>True to continue; false if the connection must end.</returns>
    internal bool OnHandshakeCompleted()
    {
        Protocol = _tls!.Protocol;
        if (Protocol.Length == 0)
        {
            _problem = (NoApplicationProtocol, "no application protocol was agreed on");
            return false;
        }

        // TLS requires a key. This check is a second safeguard against a peer without one.
        if (_remoteId.Length != EndpointId.Size)
        {
            _problem = (CertificateRequired, "the peer has shown no key");
            return false;
        }

        if (!IsServer)
            return true;
        IsEstablished = true;
        _loop.OnAccepted(this);
        return true;
    }

    /// <summary>Completes the dial, because the server has accepted this client. Has no effect on a server.</summary>
    internal void OnHandshakeConfirmed()
    {
        if (IsServer)
            return;
        IsEstablished = true;
        _loop.OnDialed(this);
        _established.TrySet(this);
    }

    /// <summary>Processes received stream data and gives the peer flow control credit.</summary>
    /// <returns>
    /// True to continue; false if the connection must end, because it buffers more than its share of the exceeded byte budget.
    /// </returns>
    internal bool OnStreamData(long id, bool fin, ReadOnlySpan<byte> bytes)
    {
        long credit = bytes.Length, streamCredit = 0;
        var stream = Find(id);
        if (stream?.Receive is { } receive)
        {
            stream.HasCome = true;
            credit = receive.OnData(bytes, fin, out streamCredit);
            if (!receive.IsNews)
            {
                receive.IsNews = true;
                _news.Add(receive);
            }
        }

        if (streamCredit > 0)
            _ = Ngtcp2.ExtendMaxStreamOffset(Native, id, (ulong)streamCredit);
        if (credit > 0)
            Ngtcp2.ExtendMaxOffset(Native, (ulong)credit);

        if (!Budget.IsOver || Interlocked.Read(ref _received) <= _loop.FairShare)
            return true;
        _problem = (InternalError, $"all connections keep more than {Options.MaxBufferedBytes} bytes, and this one more than its share");
        return false;
    }

    internal void OnStreamOpened(long id) => Find(id);

    internal void OnStreamAcknowledged(long id, ulong count)
    {
        if (_streams.TryGetValue(id, out var stream))
            stream.Send?.OnAcknowledged((long)count);
    }

    internal void OnStreamReset(long id, ulong code)
    {
        if (Find(id) is not { Receive: { } receive } stream)
            return;
        receive.OnReset(code);
        if (stream.IsUni && !stream.HasCome)
            _resetUnseen.Add(id);
    }

    /// <summary>Gets the number of streams of the peer that ngtcp2 does not release before the connection ends.</summary>
    internal int LeakedStreams => Volatile.Read(ref _leakedStreams);

    /// <summary>
    /// Closes the unidirectional streams of the peer whose first received frame was a reset, so that the peer may open others. ngtcp2 (at
    /// least up to 1.11) never closes such a stream and leaks its memory until the connection ends; the connection is closed after a
    /// maximum number of them.
    /// </summary>
    private void CloseResetUnseen(ulong now)
    {
        if (_resetUnseen.Count == 0)
            return;
        foreach (var id in _resetUnseen)
        {
            if (!_streams.ContainsKey(id))
                continue;
            OnStreamClosed(id, 0);
            _leakedStreams++;
        }

        _resetUnseen.Clear();
        if (_leakedStreams <= MostLeakedStreams)
            return;
        _problem = (
            InternalError,
            $"more than {MostLeakedStreams} streams were reset before their first byte came, which the QUIC library cannot release; dial "
            + "again");
        Fail(Ngtcp2.CallbackFailure, now);
    }

    internal void OnStreamCredit(long id)
    {
        if (_streams.TryGetValue(id, out var stream) && stream.Send is { HasWork: true } send)
            _schedule.Add(send);
    }

    /// <summary>Removes a stream whose directions have all ended. ngtcp2 no longer uses the memory of its bytes.</summary>
    internal void OnStreamClosed(long id, ulong code)
    {
        if (!_streams.Remove(id, out var stream))
            return;
        if (stream.Send is { } send)
        {
            _schedule.Remove(send);
            send.OnClosed(code);
        }

        stream.Receive?.OnClosed();
        if (stream.IsOurs || !stream.TakesCreditStep())
            return;
        if (stream.IsUni)
            Ngtcp2.ExtendMaxStreamsUni(Native, 1);
        else
            Ngtcp2.ExtendMaxStreamsBidi(Native, 1);
    }

    internal void OnUniLimit(ulong streams) => _uni.Allow(streams);

    internal void OnBidiLimit(ulong streams) => _bidi.Allow(streams);

    internal void OnNewId(ConnectionId id) => AddId(id);

    internal void OnIdRemoved(ConnectionId id)
    {
        _ids.Remove(id);
        _loop.Unroute(id, this);
    }

    /// <summary>Adds or removes a stateless reset token that the peer has issued or retired for this connection.</summary>
    internal void OnPeerToken(ReadOnlySpan<byte> bytes, bool isActive)
    {
        var token = ResetToken.From(bytes);
        if (isActive)
        {
            _peerTokens.Add(token);
            _loop.Route(token, this);
        }
        else
        {
            _peerTokens.Remove(token);
            _loop.Unroute(token, this);
        }
    }

    /// <summary>
    /// Wakes the readers of the streams that have received data. Called after all packets at hand are processed, because one wake-up per
    /// packet would cost more than reading the packet.
    /// </summary>
    private void WakeReaders()
    {
        foreach (var stream in _news)
            stream.Wake();
        _news.Clear();
    }

    /// <summary>Processes a STOP_SENDING frame, with which the peer stops a stream that this side writes.</summary>
    private void OnStreamStopped(long id, ulong code)
    {
        if (_streams.TryGetValue(id, out var stream))
            stream.Send?.OnStopped(code);
    }

    /// <summary>
    /// Returns the stream with the specified id. If the peer has opened a new stream, creates it and queues it to be accepted. Returns null
    /// for an ended stream of this side.
    /// </summary>
    private QuicStream? Find(long id)
    {
        if (_streams.TryGetValue(id, out var stream))
            return stream;
        if (QuicStream.IsServerId(id) == IsServer)
            return null;
        stream = new QuicStream(this, id, isOurs: false);
        _streams.Add(id, stream);
        // The queue is never full, because the stream limit of the peer counts streams until they are accepted.
        (stream.IsUni ? _incomingUni : _incomingBidi).TryAdd(stream);
        return stream;
    }
}
