using System.Net.Quic;
using System.Security.Authentication;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic;

/// <summary>Converts the exceptions of System.Net.Quic to the end of a connection. It reports no other event for an end.</summary>
internal static class ConnectionEnds
{
    private const ulong InternalError = 1;

    /// <summary>The TLS alert 42, bad_certificate, as a QUIC error (RFC 9001, section 4.8).</summary>
    private const ulong BadCertificate = 0x12a;

    /// <summary>
    /// Returns how a connection ended. The text of a close does not travel, so that the reason of a remote close is empty.
    /// </summary>
    public static TransportEnd From(Exception failure) => failure switch
    {
        QuicException { QuicError: QuicError.ConnectionAborted } closed =>
            new TransportEnd(TransportEndCause.ClosedByApplication, (ulong)(closed.ApplicationErrorCode ?? 0), "", IsRemote: true),
        QuicException { QuicError: QuicError.ConnectionIdle or QuicError.ConnectionTimeout } =>
            new TransportEnd(TransportEndCause.TimedOut, 0, "", IsRemote: false),
        QuicException { QuicError: QuicError.TransportError } broken =>
            new TransportEnd(TransportEndCause.TransportError, (ulong)(broken.TransportErrorCode ?? 0), broken.Message, IsRemote: true),
        // A close of this side is noted before it is begun, so that only a stateless reset of the peer is left.
        QuicException { QuicError: QuicError.OperationAborted } => new TransportEnd(TransportEndCause.Reset, 0, "", IsRemote: true),
        // The server verifies the certificate of the client only after the dial has succeeded.
        AuthenticationException refused =>
            new TransportEnd(TransportEndCause.TransportError, BadCertificate, refused.Message, IsRemote: true),
        _ => new TransportEnd(TransportEndCause.TransportError, InternalError, failure.Message, IsRemote: false),
    };
}
