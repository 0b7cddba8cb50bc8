using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// The streams of one kind on one side of a connection: those that this side opens, as many at once as the limit of the peer allows, and
/// those of the peer that it accepts. A stream of the peer counts until it has been accepted and is over.
/// </summary>
internal sealed class ConnectionStreams
{
    private readonly InMemoryConnection _connection;
    private readonly bool _isBidi;
    private readonly ArrivalQueue<bool> _permits;
    private readonly ArrivalQueue<InMemoryStream> _arrived;
    private long _nextId;

    public ConnectionStreams(InMemoryConnection connection, bool isBidi, int limit)
    {
        _connection = connection;
        _isBidi = isBidi;
        _permits = new ArrivalQueue<bool>(connection.Network.Runtime, connection.Network.Gate);
        _arrived = new ArrivalQueue<InMemoryStream>(connection.Network.Runtime, connection.Network.Gate);
        // As in QUIC, the two low bits are the side that opened the stream and whether it is unidirectional.
        _nextId = (connection.IsOutbound ? 0 : 1) + (isBidi ? 0 : 2);
        for (var i = 0; i < limit; i++)
            _permits.Add(true);
    }

    public async ValueTask<InMemoryStream> OpenAsync(CancellationToken cancellationToken)
    {
        await _permits.TakeAsync(cancellationToken).ConfigureAwait(false);
        lock (_connection.Network.Gate)
        {
            if (_connection.End is { } end)
                throw new TransportClosedException(end);
            var stream = _connection.NewStream(_nextId, _isBidi);
            _nextId += 4;
            return stream;
        }
    }

    public async ValueTask<InMemoryStream> AcceptAsync(CancellationToken cancellationToken)
    {
        var stream = await _arrived.TakeAsync(cancellationToken).ConfigureAwait(false);
        lock (_connection.Network.Gate)
            stream.OnAccepted();
        return stream;
    }

    /// <summary>Adds a stream of the peer, of which the first bytes have arrived. Called under the network's lock.</summary>
    public void OnArrived(InMemoryStream stream) => _arrived.Add(stream);

    /// <summary>Lets the peer open one more stream, because one of its streams is over. Called under the network's lock.</summary>
    public void OnOver() =>
        _connection.Send($"may open one more {(_isBidi ? "bidi" : "uni")} stream", peer => peer.StreamsOf(_isBidi)._permits.Add(true));

    /// <summary>Fails the waits for streams, because the connection is over. Called under the network's lock.</summary>
    public void OnConnectionEnded()
    {
        _permits.End(Closed);
        while (_permits.TryTake(out _))
        {
            // The permits end with the connection.
        }

        _arrived.End(Closed);
    }

    /// <summary>Drops the streams that have not been accepted. Called under the network's lock.</summary>
    public void DropArrived()
    {
        while (_arrived.TryTake(out _))
        {
            // The stream ends with its connection.
        }
    }

    private TransportClosedException Closed() => new(_connection.End!);
}
