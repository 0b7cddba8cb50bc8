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
    private readonly LinkedList<Signal> _waiting = [];
    private long _opened;
    private long _allowed;

    /// <summary>
    /// Sets the total number of streams that the peer allows, and wakes the first waiter if it can continue. Called on the I/O thread.
    /// </summary>
    public void Allow(ulong streams)
    {
        lock (_gate)
        {
            _allowed = (long)Math.Min(streams, long.MaxValue >> 3);
            WakeFirst();
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
        return TryOpen(place: null) is { } stream ? new ValueTask<QuicStream>(stream) : WaitAsync(cancellationToken);
    }

    /// <summary>Opens a stream if the peer allows one and no other caller has waited longer.</summary>
    private QuicStream? TryOpen(LinkedListNode<Signal>? place)
    {
        connection.Work.ThrowIfOver();
        lock (_gate)
        {
            if (_opened >= _allowed || _waiting.First != place)
                return null;
            // Handed over under the lock, so that the I/O thread opens the streams in the order of their ids.
            var stream = Create(firstId + (4 * _opened++));
            connection.Work.Open(stream);
            return stream;
        }
    }

    private QuicStream Create(long id) => new(
        id, isOurs: true, new QuicSendStream(connection, id), QuicStream.IsUniId(id) ? null : new QuicReceiveStream(connection, id));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<QuicStream> WaitAsync(CancellationToken cancellationToken)
    {
        var allowed = connection.Signals.Rent();
        LinkedListNode<Signal> place;
        lock (_gate)
            place = _waiting.AddLast(allowed);
        try
        {
            while (true)
            {
                if (TryOpen(place) is { } stream)
                    return stream;
                await allowed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
            {
                _waiting.Remove(place);
                WakeFirst();
            }

            connection.Signals.Return(allowed);
        }
    }

    /// <summary>
    /// Wakes the waiter that has waited longest if the peer allows a stream. Each waiter wakes the next one when it leaves: if all were
    /// woken at once, most would have to wait again, and the work would grow with the square of their number.
    /// </summary>
    private void WakeFirst()
    {
        if (_opened < _allowed)
            _waiting.First?.Value.Set();
    }
}
