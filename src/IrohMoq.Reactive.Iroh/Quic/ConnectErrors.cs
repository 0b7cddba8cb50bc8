using System.Net;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>What a handshake that failed means to whoever dialed. TLS alerts come as 0x100 + alert; RFC 9001, section 4.8.</summary>
internal static class ConnectErrors
{
    private const ulong ConnectionRefused = 2;
    private const ulong NoApplicationProtocol = 0x100 + 120;

    public static MoqConnectException From(TransportEnd end, bool isWrongPeer, IPEndPoint remote, IrohEndpointOptions options)
    {
        if (isWrongPeer)
            return new MoqConnectException(ConnectError.WrongPeer, $"Whoever answers at {remote} holds another key than the one that was dialed. Check the id, or get a fresh ticket.");
        return (end.Cause, end.Code) switch
        {
            (TransportEndCause.TimedOut, _) => new MoqConnectException(
                ConnectError.TimedOut, $"{remote} did not answer within {options.HandshakeTimeout.TotalSeconds:0.###} s. Check that the peer runs and that the address is right."),
            (TransportEndCause.TransportError, NoApplicationProtocol) => new MoqConnectException(
                ConnectError.NoCommonProtocol, $"The peer at {remote} speaks none of the offered protocols.", end.IsRemote),
            (TransportEndCause.TransportError, ConnectionRefused) => new MoqConnectException(
                ConnectError.Refused, $"The peer at {remote} takes no more connections now.", end.IsRemote),
            (TransportEndCause.ClosedByApplication, _) when end.IsRemote => new MoqConnectException(
                ConnectError.Refused, $"The peer at {remote} closed the connection with code {end.Code}{(end.Reason.Length > 0 ? $": {end.Reason}" : "")}.", true),
            _ => new MoqConnectException(ConnectError.Other, $"The connection to {remote} {end}.", end.IsRemote),
        };
    }
}
