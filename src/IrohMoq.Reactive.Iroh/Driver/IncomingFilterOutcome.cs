namespace IrohMoq.Reactive;

/// <summary>Specifies how an <see cref="IrohEndpoint"/> answers the first packet of a client.</summary>
public enum IncomingFilterOutcome
{
    /// <summary>
    /// The handshake begins, within the limits of the endpoint: if a limit is reached, the client is refused as busy or sent a Retry packet
    /// all the same.
    /// </summary>
    Accept,

    /// <summary>
    /// The client is sent a Retry packet (RFC 9000, section 8.1.2), and must prove its address with the token in it. Its next packet is
    /// passed to the filter again. For a client that has already proved its address, the value means <see cref="Accept"/>.
    /// </summary>
    Retry,

    /// <summary>
    /// The client is refused with the transport error CONNECTION_REFUSED. A dial of this library fails with
    /// <see cref="ConnectError.Refused"/>, and is not repeated.
    /// </summary>
    Reject,

    /// <summary>The packet is dropped without an answer. The client repeats it until its dial times out.</summary>
    Ignore,
}
