using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Maps connection ids and stateless reset tokens to connections, and stores the ids of connections that ended recently. Only the I/O
/// thread may use it.
/// </summary>
internal sealed class ConnectionTable
{
    private readonly Dictionary<ConnectionId, DrivenConnection> _live = [];
    private readonly Dictionary<ResetToken, DrivenConnection> _byToken = [];
    private readonly Dictionary<ConnectionId, Retired> _retired = [];
    private readonly HashSet<DrivenConnection> _connections = [];
    private readonly Queue<Retired> _toForget = new();

    /// <summary>Gets all connections that have not ended.</summary>
    public IReadOnlyCollection<DrivenConnection> All => _connections;

    public int Count => _connections.Count;

    /// <summary>
    /// Gets the number of connection ids and stateless reset tokens that are stored, those of connections that ended recently included. On
    /// other threads than the I/O thread the value may be outdated.
    /// </summary>
    public int IdCount => _live.Count + _byToken.Count + _retired.Count;

    /// <summary>
    /// Gets the time, in nanoseconds, at which the last of the closing periods ends; 0 if this side has closed no connection.
    /// </summary>
    public ulong ClosingEnds { get; private set; }

    public void Add(ConnectionId id, DrivenConnection connection)
    {
        _live[id] = connection;
        _connections.Add(connection);
    }

    /// <summary>Removes a connection id if it belongs to the specified connection.</summary>
    public void Remove(ConnectionId id, DrivenConnection connection)
    {
        if (_live.TryGetValue(id, out var current) && current == connection)
            _live.Remove(id);
    }

    /// <summary>Adds a stateless reset token with which the peer can reset the specified connection.</summary>
    public void Add(ResetToken token, DrivenConnection connection) => _byToken[token] = connection;

    /// <summary>Removes a stateless reset token if it belongs to the specified connection.</summary>
    public void Remove(ResetToken token, DrivenConnection connection)
    {
        if (_byToken.TryGetValue(token, out var current) && current == connection)
            _byToken.Remove(token);
    }

    public DrivenConnection? Find(ResetToken token) => _byToken.GetValueOrDefault(token);

    public DrivenConnection? Find(ConnectionId id) => _live.GetValueOrDefault(id);

    /// <summary>Returns true if a connection id belongs to a connection that ended recently.</summary>
    /// <param name="id">The connection id.</param>
    /// <param name="length">The length in bytes of the datagram that has arrived.</param>
    /// <param name="closePacket">The packet with which the datagram is answered, or null if it is not answered.</param>
    public bool IsRetired(ConnectionId id, int length, out byte[]? closePacket)
    {
        closePacket = null;
        if (!_retired.TryGetValue(id, out var retired))
            return false;
        // Late packets are answered with the close packet again, up to a maximum number of answers. A peer that has not proved its address
        // gets no more bytes than have arrived.
        if (retired.Answers > 0 && (retired.IsEstablished || retired.ClosePacket?.Length <= length))
        {
            retired.Answers--;
            closePacket = retired.ClosePacket;
        }

        return true;
    }

    /// <summary>
    /// Removes a connection that has ended, and stores its ids until the end of its closing or draining period. A connection whose first
    /// packet was dropped leaves nothing, because nothing was sent and no packet for it is expected.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="closePacket">The packet with which late packets are answered, or null.</param>
    /// <param name="until">The time, in nanoseconds, until which the ids are stored.</param>
    public void Retire(DrivenConnection connection, byte[]? closePacket, ulong until)
    {
        var core = connection.Core;
        var retired = new Retired([.. core.Ids.Own], core.IsEstablished, closePacket, until);
        // A peer that has never answered a dial holds no connection that would wait for the close.
        if (closePacket is not null && core.Statistics.PacketsReceived > 0)
            ClosingEnds = Math.Max(ClosingEnds, until);
        foreach (var id in retired.Ids)
        {
            Remove(id, connection);
            if (!core.Termination.IsDropped)
                _retired[id] = retired;
        }

        foreach (var token in core.Ids.PeerTokens)
            Remove(token, connection);
        _connections.Remove(connection);
        if (!core.Termination.IsDropped)
            _toForget.Enqueue(retired);
    }

    /// <summary>Removes the ids of ended connections whose retention time has passed.</summary>
    public void Forget(ulong now)
    {
        while (_toForget.TryPeek(out var oldest) && oldest.Until <= now)
        {
            _toForget.Dequeue();
            foreach (var id in oldest.Ids)
            {
                if (_retired.TryGetValue(id, out var current) && current == oldest)
                    _retired.Remove(id);
            }
        }
    }

    private sealed class Retired(ConnectionId[] ids, bool isEstablished, byte[]? closePacket, ulong until)
    {
        public ConnectionId[] Ids => ids;

        public bool IsEstablished => isEstablished;

        public byte[]? ClosePacket => closePacket;

        public ulong Until => until;

        public int Answers { get; set; } = 8;
    }
}
