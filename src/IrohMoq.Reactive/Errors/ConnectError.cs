namespace IrohMoq.Reactive;

/// <summary>
/// Specifies why a dial failed. <see cref="MoqConnectException.IsTransient"/> distinguishes temporary failures from failures that
/// remain until an address, a configuration or a peer changes.
/// </summary>
public enum ConnectError
{
    /// <summary>The failure has no specific value; see the message and the inner exception. A later dial may succeed.</summary>
    Other,

    /// <summary>The peer did not answer within the time limit. A later dial may succeed.</summary>
    TimedOut,

    /// <summary>
    /// The endpoint at the address has another key than the one that was dialed. Dialing the same address again will fail again.
    /// </summary>
    WrongPeer,

    /// <summary>The peer accepts connections, but for none of the offered protocols (ALPN). Dialing again will fail again.</summary>
    NoCommonProtocol,

    /// <summary>
    /// The remote application does not accept this endpoint: it rejected the first packet, or closed the connection with an error code.
    /// Dialing again will fail again.
    /// </summary>
    Refused,

    /// <summary>The address contains the ID of the dialing endpoint itself. Dialing again will fail again.</summary>
    SelfConnect,

    /// <summary>The <see cref="EndpointAddr"/> contains no address that this endpoint can dial. Dialing again will fail again.</summary>
    NoAddress,

    /// <summary>This side has the maximum number of sessions. A later dial may succeed after a session has ended.</summary>
    TooManySessions,

    /// <summary>The peer currently refuses new connections, because it is full or under load. A later dial may succeed.</summary>
    Busy,

    /// <summary>
    /// No application currently accepts connections at the peer, because the peer is starting or shutting down. A later dial may
    /// succeed.
    /// </summary>
    NotServing,

    /// <summary>
    /// The peer supports no version of the transport protocol of this endpoint, for example because it is not an iroh endpoint. Dialing
    /// again will fail again.
    /// </summary>
    VersionMismatch,

    /// <summary>
    /// The TLS handshake failed, for example because one side does not accept the key of the other as an identity. Dialing again will
    /// fail again.
    /// </summary>
    HandshakeFailed,

    /// <summary>
    /// This side has a session with the peer, or a dial, with another path or role than the caller requests. A later dial may succeed after
    /// that session has ended.
    /// </summary>
    OtherRequest,
}
