namespace IrohMoq.Reactive;

/// <summary>Reads a broadcast: returns its tracks by name. Disposing it ends only this object; readings of tracks go on.</summary>
public sealed class BroadcastConsumer : IDisposable, IAsyncDisposable
{
    private readonly BroadcastProducer _broadcast;
    private Task<BroadcastEnd>? _closed;
    private int _disposed;

    internal BroadcastConsumer(BroadcastProducer broadcast) => _broadcast = broadcast;

    /// <summary>
    /// Gets a task that completes when the broadcast is over, with how it ended. It never faults. Readings that run go on to their own
    /// ends.
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

    internal BroadcastProducer Producer => _broadcast;

    /// <summary>
    /// Returns a track by its name. Nothing is sent to the publisher until the track is read; an unknown name fails then.
    /// </summary>
    /// <param name="name">The name of the track: any text, which is not normalized.</param>
    public TrackConsumer Track(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return new TrackConsumer(_broadcast, name);
    }

    /// <summary>Ends this object. A second call has no effect.</summary>
    public void Dispose() => Volatile.Write(ref _disposed, 1);

    /// <summary>Ends this object. A second call has no effect.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }
}
