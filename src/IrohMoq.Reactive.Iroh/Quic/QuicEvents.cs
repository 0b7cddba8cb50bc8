using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>The events of a connection that ngtcp2 reports. ngtcp2 must not be called from here, except to extend credit.</summary>
internal sealed unsafe partial class QuicConnection
{
    private const ulong InternalError = 1;
    private const ulong NoApplicationProtocol = 0x100 + 120;
    private const ulong CertificateRequired = 0x100 + 116;

    /// <summary>Each costs some hundred bytes.</summary>
    private const int MostLeakedStreams = 1 << 16;

    private readonly List<QuicReceiveStream> _news = [];
    private readonly List<long> _resetUnseen = [];
    private int _leakedStreams;

    /// <summary>A server knows the key of its client by now; a client does not know yet whether the server accepts it.</summary>
    /// <returns>False if the connection cannot go on.</returns>
    internal bool OnHandshakeCompleted()
    {
        Protocol = _tls!.Protocol;
        if (Protocol.Length == 0)
        {
            _problem = (NoApplicationProtocol, "no application protocol was agreed on");
            return false;
        }

        // TLS requires a key; this makes sure that no peer without one is accepted.
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

    /// <summary>The server has accepted this client.</summary>
    internal void OnHandshakeConfirmed()
    {
        if (IsServer)
            return;
        IsEstablished = true;
        _loop.OnDialed(this);
        _established.TrySet(this);
    }

    /// <returns>False if the connection cannot go on.</returns>
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

    /// <summary>How many streams of the peer ngtcp2 never gives back.</summary>
    internal int LeakedStreams => Volatile.Read(ref _leakedStreams);

    /// <summary>
    /// ngtcp2 (1.11 at least) never closes a stream of the peer's, of one direction, that it first hears of by its reset. Such a stream
    /// counts as closed here, so that the peer may open another one; what ngtcp2 keeps of it is a leak until the connection ends, which is
    /// therefore bounded.
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

    /// <summary>Both directions have ended, and ngtcp2 no longer uses the bytes of the stream.</summary>
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

    /// <summary>The peer has issued or retired a token with which it can reset this connection.</summary>
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
    /// Wakes the readers after all packets at hand are processed, because a wake-up for each packet costs more than reading it.
    /// </summary>
    private void WakeReaders()
    {
        foreach (var stream in _news)
            stream.Wake();
        _news.Clear();
    }

    /// <summary>The peer has stopped a stream that this side writes.</summary>
    private void OnStreamStopped(long id, ulong code)
    {
        if (_streams.TryGetValue(id, out var stream))
            stream.Send?.OnStopped(code);
    }

    /// <summary>Returns the stream with that id. A new stream of the peer is added to the streams that wait to be accepted.</summary>
    private QuicStream? Find(long id)
    {
        if (_streams.TryGetValue(id, out var stream))
            return stream;
        if (QuicStream.IsServerId(id) == IsServer)
            return null;
        stream = new QuicStream(this, id, isOurs: false);
        _streams.Add(id, stream);
        // Never full: the peer's stream limit counts streams until they are accepted.
        (stream.IsUni ? _incomingUni : _incomingBidi).TryAdd(stream);
        return stream;
    }
}
