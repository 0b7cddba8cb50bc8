namespace IrohMoq.Reactive;

/// <summary>Provides access to the tracks of a broadcast by name. Disposing this object does not end the readers of its tracks.</summary>
public sealed class BroadcastConsumer : IDisposable, IAsyncDisposable
{
    private readonly BroadcastProducer _broadcast;
    private Task<BroadcastEnd>? _closed;
    private int _disposed;

    internal BroadcastConsumer(BroadcastProducer broadcast) => _broadcast = broadcast;

    /// <summary>
    /// Gets a task that completes when the broadcast has ended; its result describes how. The task never faults. Active readers continue
    /// to the ends of their tracks.
    /// </summary>
    public Task<BroadcastEnd> Closed
    {
        get
        {
            if (Volatile.Read(ref _closed) is { } closed)
                return closed;
            closed = _broadcast.WhenClosedAsync();
            return Interlocked.CompareExchange(ref _closed, closed, null) ?? closed;
        }
    }

    /// <summary>
    /// Gets the way by which the broadcast has come. It can change while the broadcast is live, from one announcement to the next.
    /// </summary>
    public BroadcastRoute Route => _broadcast.Route;

    internal BroadcastProducer Producer => _broadcast;

    /// <summary>
    /// Returns the track with the specified name. Nothing is sent to the publisher until the track is read; if the track does not exist,
    /// reading it fails.
    /// </summary>
    /// <param name="name">The name of the track. Any text is allowed; it is not normalized.</param>
    /// <exception cref="ObjectDisposedException">This object was disposed.</exception>
    public TrackConsumer Track(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return new TrackConsumer(_broadcast, name);
    }

    /// <summary>Disposes this object: no further track can be requested from it. A second call has no effect.</summary>
    public void Dispose() => Volatile.Write(ref _disposed, 1);

    /// <summary>Disposes this object: no further track can be requested from it. A second call has no effect.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }
}
