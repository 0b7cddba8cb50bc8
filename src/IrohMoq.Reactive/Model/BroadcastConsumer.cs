namespace IrohMoq.Reactive;

/// <summary>
/// Reads a broadcast: gives its tracks by name. Disposing it ends nothing but this object; readings of tracks end by themselves.
/// </summary>
public sealed class BroadcastConsumer : IDisposable, IAsyncDisposable
{
    private readonly BroadcastProducer _broadcast;
    private Task<BroadcastEnd>? _closed;
    private int _disposed;

    internal BroadcastConsumer(BroadcastProducer broadcast) => _broadcast = broadcast;

    /// <summary>Completes when the broadcast is over, with how it ended. Never faults. Readings that run go on to their own ends.</summary>
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

    /// <summary>A track by its name. Nothing is asked of the publisher until it is read; an unknown name fails then.</summary>
    /// <param name="name">The track's name: any text, taken as it is.</param>
    public TrackConsumer Track(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return new TrackConsumer(_broadcast, name);
    }

    /// <summary>Ends this object. Again changes nothing.</summary>
    public void Dispose() => Volatile.Write(ref _disposed, 1);

    /// <summary>Ends this object. Again changes nothing.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }
}
