namespace IrohMoq.Reactive.Manager;

/// <summary>
/// The key by which the manager tells peers apart: the peer's endpoint id where the transport knows it, otherwise a value that no other
/// connection has, so that peers without an id never share a session.
/// </summary>
internal readonly record struct PeerKey : IComparable<PeerKey>
{
    private readonly EndpointId _id;
    private readonly long _connection;

    private PeerKey(EndpointId id, long connection)
    {
        _id = id;
        _connection = connection;
    }

    public static implicit operator PeerKey(EndpointId id) => Of(id);

    /// <summary>Returns the key of a peer that is known by its id.</summary>
    public static PeerKey Of(EndpointId id) => new(id, 0);

    /// <summary>Returns the key of a peer that has no id.</summary>
    /// <param name="connection">The number of its connection, which is greater than zero.</param>
    public static PeerKey Anonymous(long connection) => new(default, connection);

    /// <summary>
    /// Determines whether this peer's id is greater than another id: of two connections that two peers dialed at once, the one that the
    /// smaller id dialed stays.
    /// </summary>
    public bool IsGreaterThan(EndpointId id) => id < _id;

    public int CompareTo(PeerKey other) =>
        _connection != other._connection ? _connection.CompareTo(other._connection) : _id.CompareTo(other._id);

    public override string ToString() => _connection == 0 ? _id.ToShortString() : $"connection {_connection}";
}
