using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Opens the streams of one kind (unidirectional or bidirectional) of this side of a connection, within the stream limit of the peer.
/// Assigns the stream ids before the I/O thread opens the streams in ngtcp2, which it does in the same order.
/// </summary>
internal sealed class StreamOpener(QuicConnection connection, long firstId)
{
    private readonly Lock _gate = new();
    private readonly List<Signal> _waiting = [];
    private long _opened;
    private long _allowed;

    /// <summary>Sets the total number of streams that the peer allows, and wakes the waiters. Called on the I/O thread.</summary>
    public void Allow(ulong streams)
    {
        lock (_gate)
        {
            _allowed = (long)Math.Min(streams, long.MaxValue >> 3);
            foreach (var waiting in _waiting)
                waiting.Set();
        }
    }

    /// <summary>Wakes all waiters, because the connection has ended.</summary>
    public void Close()
    {
        lock (_gate)
        {
            foreach (var waiting in _waiting)
                waiting.Set();
        }
    }

    public ValueTask<QuicStream> OpenAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return TryOpen() is { } stream ? new ValueTask<QuicStream>(stream) : WaitAsync(cancellationToken);
    }

    private QuicStream? TryOpen()
    {
        connection.ThrowIfOver();
        lock (_gate)
        {
            if (_opened >= _allowed)
                return null;
            // Handed over under the lock, so that the I/O thread opens the streams in the order of their ids.
            return connection.Open(firstId + (4 * _opened++));
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<QuicStream> WaitAsync(CancellationToken cancellationToken)
    {
        var allowed = connection.Signals.Rent();
        lock (_gate)
            _waiting.Add(allowed);
        try
        {
            while (true)
            {
                if (TryOpen() is { } stream)
                    return stream;
                await allowed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
                _waiting.Remove(allowed);
            connection.Signals.Return(allowed);
        }
    }
}
