using System.Net;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Converts the end of a connection during its handshake to the exception of the dial. A TLS alert has the code 0x100 + alert; see RFC
/// 9001, section 4.8.
/// </summary>
internal static class ConnectErrors
{
    /// <summary>Creates the exception for a handshake that has failed.</summary>
    public static MoqConnectException From(
        TransportEnd end, bool isWrongPeer, IPEndPoint remote, IReadOnlyList<IPEndPoint> dialed, TimeSpan handshakeTimeout)
    {
        if (isWrongPeer)
        {
            return new MoqConnectException(
                ConnectError.WrongPeer,
                $"The endpoint at {remote} holds another key than the one that was dialed. Check the id, or get a fresh ticket.");
        }

        var reason = (end.Cause, end.Code) switch
        {
            (TransportEndCause.TimedOut, _) => ConnectError.TimedOut,
            (TransportEndCause.VersionMismatch, _) => ConnectError.VersionMismatch,
            (TransportEndCause.TransportError, CloseReason.NoApplicationProtocol) => ConnectError.NoCommonProtocol,
            // Without a reason text the peer counts as busy, because iroh refuses with this code when too many connections arrive.
            (TransportEndCause.TransportError, Refusal.ConnectionRefused) => end.Reason switch
            {
                Refusal.NotServing => ConnectError.NotServing,
                Refusal.Rejected => ConnectError.Refused,
                _ => ConnectError.Busy,
            },
            (TransportEndCause.TransportError, CloseReason.TlsInternalError) => ConnectError.Other,
            (TransportEndCause.TransportError, >= CloseReason.FirstTlsAlert and <= CloseReason.LastTlsAlert) =>
                ConnectError.HandshakeFailed,
            // An application that closes during the handshake knows nothing about this side, so that it is shutting down. QUIC sends this
            // code instead of its own one then (RFC 9000, section 10.2.3).
            (TransportEndCause.TransportError, CloseReason.NoError or CloseReason.ApplicationError) when end.IsRemote =>
                ConnectError.NotServing,
            // Code 0 is a normal end: the application or its endpoint is shutting down. With code 4, a router refuses a connection because
            // its limit is reached.
            (TransportEndCause.ClosedByApplication, _) when end.IsRemote && end.Code == MoqErrorCode.Cancel.Value =>
                ConnectError.NotServing,
            (TransportEndCause.ClosedByApplication, _) when end.IsRemote && end.Code == MoqErrorCode.Transport.Value => ConnectError.Busy,
            (TransportEndCause.ClosedByApplication, _) when end.IsRemote => ConnectError.Refused,
            _ => ConnectError.Other,
        };
        return new MoqConnectException(reason, MessageOf(reason, end, remote, dialed, handshakeTimeout), end.IsRemote);
    }

    private static string MessageOf(
        ConnectError reason, TransportEnd end, IPEndPoint remote, IReadOnlyList<IPEndPoint> dialed, TimeSpan handshakeTimeout) =>
        reason switch
        {
            ConnectError.TimedOut =>
                $"{string.Join(", ", dialed)} did not answer within {handshakeTimeout.TotalSeconds:0.###} s. "
                + "Check that the peer runs and that the address is right.",
            ConnectError.NoCommonProtocol =>
                $"The peer at {remote} accepts none of the offered protocols. Check that it serves what this program asks for.",
            ConnectError.NotServing =>
                $"The peer at {remote} does not accept connections at present. Dial again when its application has started.",
            ConnectError.Busy => $"The peer at {remote} accepts no more connections at present. Dial again later.",
            ConnectError.VersionMismatch =>
                $"The peer at {remote} does not support QUIC version 1: {end.Reason}. Check that the address is that of an iroh endpoint.",
            ConnectError.HandshakeFailed =>
                $"The connection to {remote} {end}. Check the keys of both sides.",
            ConnectError.Refused when end.Cause == TransportEndCause.TransportError =>
                $"The application of the peer at {remote} does not accept connections from this address.",
            ConnectError.Refused =>
                $"The peer at {remote} closed the connection with code {end.Code}{(end.Reason.Length > 0 ? $": {end.Reason}" : "")}.",
            _ => $"The connection to {remote} {end}.",
        };
}
