using System.Net;
using System.Net.Quic;
using System.Security.Authentication;

namespace IrohMoq.Reactive.Quic;

/// <summary>Converts the exceptions of a dial with System.Net.Quic.</summary>
internal static class DialErrors
{
    /// <summary>Creates the exception for a failed dial.</summary>
    /// <param name="failure">The exception of System.Net.Quic.</param>
    /// <param name="remote">The address that was dialed.</param>
    /// <param name="isCertificateSeen">True if the peer has presented a certificate.</param>
    public static MoqConnectException From(Exception failure, EndPoint remote, bool isCertificateSeen) => failure switch
    {
        // Only the choice of the protocol precedes the certificate of the peer.
        AuthenticationException when !isCertificateSeen => new MoqConnectException(
            ConnectError.NoCommonProtocol,
            $"The peer at {remote} accepts none of the offered protocols. Check that it serves what this program asks for.",
            isRemote: true, failure),
        AuthenticationException => new MoqConnectException(
            ConnectError.HandshakeFailed,
            $"The TLS handshake with {remote} failed: {failure.Message} Check the keys of both sides.", isRemote: true, failure),
        OperationCanceledException or QuicException { QuicError: QuicError.ConnectionIdle or QuicError.ConnectionTimeout } => new(
            ConnectError.TimedOut, $"{remote} did not answer in time. Check that the peer runs and that the address is right.",
            innerException: failure),
        QuicException { QuicError: QuicError.ConnectionRefused } => new MoqConnectException(
            ConnectError.Busy, $"The peer at {remote} accepts no more connections at present. Dial again later.", isRemote: true, failure),
        QuicException { QuicError: QuicError.VersionNegotiationError } => new MoqConnectException(
            ConnectError.VersionMismatch, $"The peer at {remote} does not support QUIC version 1.", isRemote: true, failure),
        QuicException { QuicError: QuicError.ConnectionAborted, ApplicationErrorCode: { } code } => Closed((ulong)code, remote, failure),
        _ => new MoqConnectException(ConnectError.Other, $"The dial of {remote} failed: {failure.Message}", innerException: failure),
    };

    /// <summary>Creates the exception for a peer that serves no protocol.</summary>
    public static MoqConnectException NotServing(EndPoint remote, Exception? failure = null) => new(
        ConnectError.NotServing,
        $"The peer at {remote} does not accept connections at present. Dial again when its application has started.", isRemote: true,
        failure);

    /// <summary>Determines whether a failure says more than another one that was seen at another address of the same peer.</summary>
    public static bool IsMoreInformative(MoqConnectException failure, MoqConnectException other) =>
        failure.Error != ConnectError.TimedOut && (other.Error == ConnectError.TimedOut || (failure.IsRemote && !other.IsRemote)
            || (failure.IsTransient && !other.IsTransient));

    private static MoqConnectException Closed(ulong code, EndPoint remote, Exception failure) => code switch
    {
        _ when code == MoqErrorCode.Cancel.Value => NotServing(remote, failure),
        _ when code == MoqErrorCode.Transport.Value => new MoqConnectException(
            ConnectError.Busy, $"The peer at {remote} accepts no more connections at present. Dial again later.", isRemote: true, failure),
        _ => new MoqConnectException(
            ConnectError.Refused, $"The peer at {remote} closed the connection with code {code}.", isRemote: true, failure),
    };
}
