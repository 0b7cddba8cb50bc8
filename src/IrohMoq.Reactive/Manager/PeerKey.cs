namespace IrohMoq.Reactive.Manager;

/// <summary>
/// Represents the key that identifies a peer in the manager: the peer's endpoint ID if the transport knows the ID, or otherwise a value
/// that is unique to the connection, so that peers without an ID never share a session.
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

    /// <summary>Returns the key of a peer with an endpoint ID.</summary>
    public static PeerKey Of(EndpointId id) => new(id, 0);

    /// <summary>Returns the key of a peer without an endpoint ID.</summary>
    /// <param name="connection">The number of the peer's connection, which is greater than zero.</param>
    public static PeerKey Anonymous(long connection) => new(default, connection);

    /// <summary>
    /// Determines whether the ID of this peer is greater than another ID. If two peers dial each other at the same time, the connection
    /// that the endpoint with the smaller ID dialed is preferred.
    /// </summary>
    public bool IsGreaterThan(EndpointId id) => id < _id;

    public int CompareTo(PeerKey other) =>
        _connection != other._connection ? _connection.CompareTo(other._connection) : _id.CompareTo(other._id);

    public override string ToString() => _connection == 0 ? _id.ToShortString() : $"connection {_connection}";
}
