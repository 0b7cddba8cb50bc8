using System.Net.Quic;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic;

/// <summary>
/// Opens the streams of one kind (unidirectional or bidirectional) of this side of a connection, within the stream limit of the peer. If
/// the open of System.Net.Quic were canceled, its stream would be used up, and the peer would receive it as reset. It is therefore never
/// canceled: a stream that arrives after its caller was canceled is given to the next caller. The peer does not see it until then.
/// </summary>
internal sealed class StreamOpener(QuicTransportConnection connection, QuicStreamType type)
{
    private readonly Lock _gate = new();
    private readonly Arrivals<QuicStreamHandle> _opened = new(QuicTransportConnection.Runtime, int.MaxValue);
    private int _wanted;
    private int _spare;
    private bool _isOpening;

    /// <summary>Opens a stream, after waiting for the stream limit of the peer.</summary>
    public async ValueTask<QuicStreamHandle> OpenAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool isFirst;
        lock (_gate)
        {
            isFirst = ++_wanted > _spare && !_isOpening;
            _isOpening |= isFirst;
        }

        if (isFirst)
            _ = OpenWantedAsync();
        var isTaken = false;
        try
        {
            var stream = await _opened.TakeAsync(cancellationToken).ConfigureAwait(false);
            isTaken = true;
            return stream;
        }
        finally
        {
            lock (_gate)
            {
                _wanted--;
                if (isTaken)
                    _spare--;
            }
        }
    }

    /// <summary>Ends all waits, because the connection has ended.</summary>
    public void End(TransportEnd end) => _opened.End(() => new TransportClosedException(end), isDropped: true);

    /// <summary>Opens streams one after the other until each caller can have one. The connection catches its own failures.</summary>
    private async Task OpenWantedAsync()
    {
        while (true)
        {
            lock (_gate)
            {
                if (_wanted <= _spare)
                {
                    _isOpening = false;
                    return;
                }
            }

            if (await connection.TryOpenAsync(type).ConfigureAwait(false) is not { } stream)
                return;
            lock (_gate)
                _spare++;
            _opened.TryAdd(stream);
        }
    }
}
