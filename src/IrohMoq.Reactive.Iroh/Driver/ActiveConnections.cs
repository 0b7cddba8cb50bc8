namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Contains the connections that have something to do, and lets each of them send once in a round of the I/O thread. A connection whose
/// socket is blocked is flushed in a later round. Only the I/O thread may use it.
/// </summary>
/// <param name="sockets">The sockets.</param>
/// <param name="timeline">The order of the timers, in which each connection gets a place after it was flushed.</param>
internal sealed class ActiveConnections(SocketSet sockets, Timeline timeline)
{
    private List<DrivenConnection> _active = [];
    private List<DrivenConnection> _flushed = [];

    /// <summary>Gets a value that indicates whether there are no such connections.</summary>
    public bool IsEmpty => _active.Count == 0;

    /// <summary>Adds a connection. Has no effect if it has been added since it was flushed.</summary>
    public void Add(DrivenConnection connection)
    {
        if (connection.IsActive)
            return;
        connection.IsActive = true;
        _active.Add(connection);
    }

    /// <summary>Lets each connection send, except for those whose socket is blocked.</summary>
    public void Flush(ulong now)
    {
        (_active, _flushed) = (_flushed, _active);
        foreach (var connection in _flushed)
        {
            connection.IsActive = false;
            if (sockets.IsBlocked(connection.Core.Path.Carrier))
            {
                Add(connection);
                continue;
            }

            if (connection.Core.Expiry <= now)
                connection.Core.HandleExpiry(now);
            connection.Flush(now);
            timeline.Set(connection, connection.Core.Expiry);
        }

        _flushed.Clear();
    }
}
