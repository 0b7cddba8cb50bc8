using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>What ngtcp2 tells of a connection. It must not be called back from here, except to extend credit.</summary>
internal sealed unsafe partial class QuicConnection
{
    /// <summary>A server knows its client's key by now; a client has not been judged yet.</summary>
    internal void OnHandshakeCompleted()
    {
        Protocol = _tls!.Protocol;
        if (!IsServer)
            return;
        _isEstablished = true;
        _loop.OnAccepted(this);
    }

    /// <summary>The server has accepted us.</summary>
    internal void OnHandshakeConfirmed()
    {
        if (IsServer)
            return;
        _isEstablished = true;
        _established.TrySet(this);
    }

    internal void OnStreamData(long id, bool fin, ReadOnlySpan<byte> bytes)
    {
        var credit = Find(id)?.Receive?.OnData(bytes, fin) ?? bytes.Length;
        if (credit <= 0)
            return;
        _ = Ngtcp2.ExtendMaxStreamOffset(Native, id, (ulong)credit);
        Ngtcp2.ExtendMaxOffset(Native, (ulong)credit);
    }

    internal void OnStreamOpened(long id) => Find(id);

    internal void OnStreamAcknowledged(long id, ulong count)
    {
        if (_streams.TryGetValue(id, out var stream))
            stream.Send?.OnAcknowledged((long)count);
    }

    internal void OnStreamReset(long id, ulong code)
    {
        if (Find(id)?.Receive?.OnReset(code) is { } credit and > 0)
            Ngtcp2.ExtendMaxOffset(Native, (ulong)credit);
    }

    internal void OnStreamCredit(long id)
    {
        if (_streams.TryGetValue(id, out var stream) && stream.Send is { } send)
            PutInLine(send);
    }

    /// <summary>Both directions are over. The code is the first that either side sent for the stream: ngtcp2 tells of a peer's stop in no other way.</summary>
    internal void OnStreamClosed(long id, ulong code)
    {
        if (!_streams.Remove(id, out var stream))
            return;
        stream.Send?.OnClosed(connectionClosed: false, code);
        if (stream.Receive?.OnClosed() is { } credit and > 0)
            Ngtcp2.ExtendMaxOffset(Native, (ulong)credit);
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

    /// <summary>The stream with that id; one of the peer's that is not known yet is put before the acceptor.</summary>
    private QuicStream? Find(long id)
    {
        if (_streams.TryGetValue(id, out var stream))
            return stream;
        if (QuicStream.IsServerId(id) == IsServer)
            return null;
        stream = new QuicStream(this, id, isOurs: false);
        _streams.Add(id, stream);
        (stream.IsUni ? _incomingUni : _incomingBidi).TryWrite(stream);
        return stream;
    }
}
