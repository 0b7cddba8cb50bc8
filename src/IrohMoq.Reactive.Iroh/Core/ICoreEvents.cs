using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Receives the events of a <see cref="QuicCore"/>. The members are called synchronously by the core, mostly from callbacks of ngtcp2: they
/// must not call the core.
/// </summary>
internal interface ICoreEvents
{
    /// <summary>Gets the number of unread bytes above which the connection is closed while the budget is exceeded.</summary>
    long FairShare { get; }

    /// <summary>
    /// Called when the TLS handshake is complete. A server has verified the key of the client; a client may still be refused.
    /// </summary>
    void OnHandshakeCompleted();

    /// <summary>Called when the server has accepted this client. Not called on a server.</summary>
    void OnHandshakeConfirmed();

    /// <summary>Called when the peer has opened a stream.</summary>
    /// <param name="id">The stream id.</param>
    /// <returns>The new stream.</returns>
    QuicStream OnStreamOpened(long id);

    /// <summary>Called when the peer has raised the number of streams that this side may open.</summary>
    /// <param name="isUni">True for unidirectional streams, false for bidirectional streams.</param>
    /// <param name="streams">The number of streams since the beginning of the connection.</param>
    void OnStreamLimit(bool isUni, ulong streams);

    /// <summary>Called when a datagram has arrived. Its memory is valid only during the call.</summary>
    void OnDatagram(ReadOnlySpan<byte> payload);

    /// <summary>Called when packets to a connection id belong to the connection from now on.</summary>
    void OnIdIssued(ConnectionId id);

    /// <summary>Called when a connection id is no longer used.</summary>
    void OnIdRetired(ConnectionId id);

    /// <summary>Called when the peer can reset the connection with a token from now on.</summary>
    void OnTokenIssued(ResetToken token);

    /// <summary>Called when a reset token is no longer valid.</summary>
    void OnTokenRetired(ResetToken token);

    /// <summary>Called once, when the connection has ended. No other event follows.</summary>
    /// <param name="end">How the connection ended.</param>
    /// <param name="closePacket">
    /// The packet with which late packets are answered, or null if the peer ended the connection or nothing was sent.
    /// </param>
    /// <param name="closingEnds">The time, in nanoseconds, at which the closing or draining period ends (RFC 9000, section 10.2).</param>
    void OnEnded(TransportEnd end, byte[]? closePacket, ulong closingEnds);
}
