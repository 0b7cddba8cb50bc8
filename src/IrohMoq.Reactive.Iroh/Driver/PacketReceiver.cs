namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Receives the datagrams that have arrived at the sockets and routes them. The connections that get datagrams become active. Only the I/O
/// thread may use it.
/// </summary>
/// <param name="sockets">The sockets.</param>
/// <param name="router">The router of the datagrams.</param>
/// <param name="listener">The listener, which has the first packets that wait for time.</param>
/// <param name="active">The connections that have something to do.</param>
internal sealed class PacketReceiver(SocketSet sockets, PacketRouter router, Listener listener, ActiveConnections active)
{
    /// <summary>The maximum number of batches that are received before other work is done.</summary>
    private const int BatchesPerRound = 16;

    /// <summary>Receives datagrams that have arrived.</summary>
    public void Receive(ulong now)
    {
        for (var i = 0; i < BatchesPerRound && sockets.TryReceive(out var batch); i++)
            Route(batch, now);
    }

    /// <summary>
    /// Begins handshakes that had to wait for time: as many as their share allows, and one if there is nothing else to do.
    /// </summary>
    public void ReceiveDeferred(ulong now)
    {
        while (listener.TryResume(isIdle: active.IsEmpty, out var path, out var packet))
        {
            if (router.RouteDeferred(path, packet, now) is { } connection)
                active.Add(connection);
        }
    }

    private void Route(in ReceivedBatch batch, ulong now)
    {
        for (var datagrams = batch.Bytes; datagrams.Length > 0;)
        {
            if (router.Route(batch.Path, datagrams, batch.Segment, now, out var length) is { } connection)
                active.Add(connection);
            datagrams = datagrams[length..];
        }
    }
}
