using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// The streams of one kind on one side of a connection: those it opens, as many at once as the peer's limit allows, and those of the peer that it accepts. A stream of the peer counts until it
/// has been accepted and is over.
/// </summary>
internal sealed class StreamArrivals
{
    private readonly InMemoryConnection _connection;
    private readonly bool _isBidi;
    private readonly Arrivals<bool> _permits;
    private readonly Arrivals<InMemoryStream> _arrived;
    private long _nextId;

    public StreamArrivals(InMemoryConnection connection, bool isBidi, int limit)
    {
        _connection = connection;
        _isBidi = isBidi;
        _permits = new Arrivals<bool>(connection.Network.Runtime, connection.Network.Gate);
        _arrived = new Arrivals<InMemoryStream>(connection.Network.Runtime, connection.Network.Gate);
        // As in QUIC, the two low bits say who opened the stream and whether it is of one direction.
        _nextId = (connection.IsOutbound ? 0 : 1) + (isBidi ? 0 : 2);
        for (var i = 0; i < limit; i++)
            _permits.Offer(true);
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

    /// <summary>The first of a stream of the peer has arrived. Under the network's lock.</summary>
    public void OnArrived(InMemoryStream stream) => _arrived.Offer(stream);

    /// <summary>A stream of the peer is over: it may open another one. Under the network's lock.</summary>
    public void OnOver() =>
        _connection.Send($"may open one more {(_isBidi ? "bidi" : "uni")} stream", peer => peer.ArrivalsOf(_isBidi)._permits.Offer(true));

    /// <summary>Under the network's lock.</summary>
    public void OnConnectionEnded()
    {
        _permits.End(Over);
        while (_permits.TryTake(out _))
        {
            // What was permitted is permitted no more.
        }

        _arrived.End(Over);
    }

    /// <summary>Nobody accepts what has arrived. Under the network's lock.</summary>
    public void DropArrived()
    {
        while (_arrived.TryTake(out _))
        {
            // It goes with its connection.
        }
    }

    private TransportClosedException Over() => new(_connection.End!);
}
