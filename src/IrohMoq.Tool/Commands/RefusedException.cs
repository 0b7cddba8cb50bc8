using IrohMoq.Reactive;

namespace IrohMoq.Tool.Commands;

/// <summary>The exception that is thrown when the peer has refused this endpoint, so that it is not dialed again.</summary>
internal sealed class RefusedException(Peer peer, SessionClosed closed)
    : MoqException(closed.Code, Describe(peer, closed), isRemote: true)
{
    private static string Describe(Peer peer, SessionClosed closed) =>
        $"{peer.Id.ToShortString()} refuses this endpoint: it closed the session with code {closed.Code}"
        + $"{(closed.Reason.Length > 0 ? $", '{closed.Reason}'" : "")}. Dialing again leads to the same result.";
}
