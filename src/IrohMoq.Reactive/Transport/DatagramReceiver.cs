using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Transport;

/// <summary>Keeps received datagrams until they are read. This class is thread-safe.</summary>
/// <param name="runtime">The runtime on which readers wait.</param>
/// <param name="count">Receives the change of the number of bytes that are kept, or null.</param>
internal sealed class DatagramReceiver(Runtime runtime, Action<long>? count = null)
{
    private readonly Lock _counting = new();
    private readonly DatagramQueue _queue = new();
    private readonly List<Signal> _waiting = [];
    private TransportEnd? _end;
    private long _counted;
    private long _dropped;

    /// <summary>Gets the number of datagrams that were dropped because they were not read in time.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Gets a value that indicates whether there are datagrams that were not read.</summary>
    public bool HasUnread => !_queue.IsEmpty;

    /// <summary>Called when a datagram has arrived.</summary>
    public void OnDatagram(ReadOnlySpan<byte> payload)
    {
        Interlocked.Add(ref _dropped, _queue.AddDroppingOldest(payload));
        Count();
        Wake();
    }

    /// <summary>Called when a datagram has arrived that cannot be kept, because the endpoint keeps too much.</summary>
    public void Drop() => Interlocked.Increment(ref _dropped);

    /// <summary>Called when the connection has ended.</summary>
    /// <param name="end">How the connection ended.</param>
    /// <param name="isDropped">True to drop the datagrams that were not read.</param>
    public void OnEnd(TransportEnd end, bool isDropped)
    {
        if (isDropped)
            _queue.Clear();
        Count();
        Volatile.Write(ref _end, end);
        Wake();
    }

    /// <summary>Waits for the next datagram.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var arrived = new Signal(runtime);
        lock (_waiting)
            _waiting.Add(arrived);
        try
        {
            while (true)
            {
                // Read before the queue, so that a datagram that arrived before the end is found.
                var end = Volatile.Read(ref _end);
                if (_queue.TryTake(out var datagram))
                {
                    Count();
                    return datagram;
                }

                if (end is not null)
                    throw new TransportClosedException(end);
                await arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_waiting)
                _waiting.Remove(arrived);
            // A reader that was woken and canceled leaves its datagram to the next one.
            if (!_queue.IsEmpty)
                Wake();
        }
    }

    /// <summary>Reports how the number of bytes has changed since the last call.</summary>
    private void Count()
    {
        if (count is null)
            return;
        lock (_counting)
        {
            long bytes = _queue.Bytes;
            count(bytes - _counted);
            _counted = bytes;
        }
    }

    private void Wake()
    {
        lock (_waiting)
        {
            foreach (var waiting in _waiting)
                waiting.Set();
        }
    }
}
