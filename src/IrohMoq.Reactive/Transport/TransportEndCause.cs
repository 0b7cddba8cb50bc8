namespace IrohMoq.Reactive.Transport;

/// <summary>Specifies what ended a connection.</summary>
public enum TransportEndCause
{
    /// <summary>One of the two applications closed the connection, with a code and a reason.</summary>
    ClosedByApplication,

    /// <summary>
    /// Nothing arrived from the peer within the idle timeout, or the handshake was not complete within the handshake timeout.
    /// </summary>
    TimedOut,

    /// <summary>The peer no longer knows the connection, for example because the peer was restarted (a stateless reset).</summary>
    Reset,

    /// <summary>The transport of one of the two sides detected an error, which <see cref="TransportEnd.Code"/> specifies.</summary>
    TransportError,

    /// <summary>
    /// The peer supports no QUIC version of this side, so that no connection is possible. It occurs only during a dial.
    /// </summary>
    VersionMismatch,

    /// <summary>
    /// One of the two sides detected that the network path does not carry the packets of the connection. Neither side is at fault; a new
    /// connection over another address or network may succeed.
    /// </summary>
    NoViablePath,

    /// <summary>
    /// The keys of the connection have protected as many packets as is safe, and could not be replaced. Neither side is at fault; a new
    /// connection has new keys.
    /// </summary>
    AeadLimitReached,
}
