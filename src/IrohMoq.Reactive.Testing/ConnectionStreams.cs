using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Manages the streams of one kind (unidirectional or bidirectional) on one side of a connection: opens streams within the stream limit,
/// and accepts streams of the peer. A stream counts against the limit until it has been accepted and has ended.
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
        _arrived = new ArrivalQueue<InMemoryStream>(
            connection.Network.Runtime, connection.Network.Gate, static stream => stream.OnAccepted());
        // As in QUIC, the lowest bit of a stream id identifies the side that opened the stream, and the second lowest whether the stream is
        // unidirectional.
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

    public ValueTask<InMemoryStream> AcceptAsync(CancellationToken cancellationToken) => _arrived.TakeAsync(cancellationToken);

    /// <summary>
    /// Adds a stream of the peer whose first bytes have arrived, so that it can be accepted. The caller must hold the lock of the network.
    /// </summary>
    public void OnArrived(InMemoryStream stream) => _arrived.Add(stream);

    /// <summary>
    /// Allows the peer to open one more stream, because one of its streams has ended. The caller must hold the lock of the network.
    /// </summary>
    public void OnOver() =>
        _connection.Send($"may open one more {(_isBidi ? "bidi" : "uni")} stream", peer => peer.StreamsOf(_isBidi)._permits.Add(true));

    /// <summary>
    /// Fails the calls that wait to open or accept a stream, because the connection has ended. The caller must hold the lock of the
    /// network.
    /// </summary>
    public void OnConnectionEnded()
    {
        _permits.End(Closed);
        while (_permits.TryTake(out _))
        {
            // Unused permits are discarded with the connection.
        }

        _arrived.End(Closed);
    }

    /// <summary>Drops the streams that have not been accepted. The caller must hold the lock of the network.</summary>
    public void DropArrived()
    {
        while (_arrived.TryTake(out _))
        {
            // The stream has ended with its connection.
        }
    }

    private TransportClosedException Closed() => new(_connection.End!);
}
