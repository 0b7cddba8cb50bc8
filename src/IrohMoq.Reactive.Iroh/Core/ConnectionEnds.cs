using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Maps the results of ngtcp2, and the CONNECTION_CLOSE frames of the peer, to the end of a connection. See the table in docs/endpoint.md.
/// </summary>
internal static unsafe class ConnectionEnds
{
    /// <summary>The description of the end of a connection whose handshake was not complete in time.</summary>
    public const string HandshakeTimeoutText = "the handshake was not complete within the handshake timeout";

    /// <summary>The description of the end of a connection that its first packet cannot begin.</summary>
    public const string DroppedText = "the first packet cannot begin a connection";

    /// <summary>Gets the end of a connection that the peer has reset.</summary>
    public static TransportEnd Reset { get; } = new(TransportEndCause.Reset, 0, "", IsRemote: true);

    /// <summary>Returns the end for a result of ngtcp2 for which nothing is sent to the peer.</summary>
    /// <param name="result">The result.</param>
    /// <param name="datagram">The datagram that led to the result, if there is one.</param>
    /// <returns>The end, or null if the result is an error that the peer is notified of.</returns>
    public static TransportEnd? WithoutClose(int result, ReadOnlySpan<byte> datagram) => result switch
    {
        Ngtcp2.IdleClose => new TransportEnd(TransportEndCause.TimedOut, 0, "", IsRemote: false),
        Ngtcp2.HandshakeTimeout => new TransportEnd(TransportEndCause.TimedOut, 0, HandshakeTimeoutText, IsRemote: false),
        Ngtcp2.ReceivedVersionNegotiation =>
            new TransportEnd(TransportEndCause.VersionMismatch, 0, VersionNegotiation.Describe(datagram), IsRemote: true),
        Ngtcp2.DropConnection or Ngtcp2.Retry => new TransportEnd(TransportEndCause.TransportError, 0, DroppedText, IsRemote: false),
        _ => null,
    };

    /// <summary>Returns the transport error code that is sent to the peer for a result of ngtcp2.</summary>
    public static ulong CodeOf(int result)
    {
        if (IsMisuse(result))
            return CloseReason.InternalError;
        NgCloseError error = default;
        Ngtcp2.SetLibraryError(&error, result, null, 0);
        return error.Code;
    }

    /// <summary>Returns the end for an error that this side has detected.</summary>
    /// <param name="code">The transport error code that is sent to the peer.</param>
    /// <param name="text">The description, which is not sent.</param>
    public static TransportEnd Local(ulong code, string text) => new(CauseOf(code), code, text, IsRemote: false);

    /// <summary>Returns the end for a CONNECTION_CLOSE frame of the peer.</summary>
    /// <param name="isApplication">True if the application of the peer has closed the connection.</param>
    /// <param name="code">The error code of the frame.</param>
    /// <param name="reason">The reason text of the frame.</param>
    public static TransportEnd Remote(bool isApplication, ulong code, string reason) =>
        new(isApplication ? TransportEndCause.ClosedByApplication : CauseOf(code), code, reason, IsRemote: true);

    private static TransportEndCause CauseOf(ulong code) => code switch
    {
        CloseReason.AeadLimitReached => TransportEndCause.AeadLimitReached,
        CloseReason.NoViablePath => TransportEndCause.NoViablePath,
        CloseReason.VersionNegotiationError => TransportEndCause.VersionMismatch,
        _ => TransportEndCause.TransportError,
    };

    /// <summary>
    /// Returns true for results that only a wrong call of ngtcp2 can have. ngtcp2 would send PROTOCOL_VIOLATION for them, and so blame the
    /// peer for a defect of this side.
    /// </summary>
    private static bool IsMisuse(int result) => result is
        Ngtcp2.NoBuffer or Ngtcp2.InvalidState or Ngtcp2.StreamIdBlocked or Ngtcp2.StreamInUse or Ngtcp2.StreamDataBlocked
        or Ngtcp2.StreamShutWrite or Ngtcp2.StreamNotFound or Ngtcp2.Closing or Ngtcp2.DiscardPacket or Ngtcp2.ConnectionIdBlocked
        or Ngtcp2.HasMoreRoom or Ngtcp2.VersionNegotiation or > Ngtcp2.InvalidArgument
        or (< Ngtcp2.IdleClose and not (Ngtcp2.NoMemory or Ngtcp2.CallbackFailure));
}
