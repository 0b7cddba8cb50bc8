namespace IrohMoq.Reactive.Manager;

/// <content>
/// The rules for candidates: connections that a peer has dialed although it has a session over another connection that it dialed.
/// Either the peer has lost the other connection, or it has dialed several addresses of this side at once and will close all
/// connections but the first. A peer opens a stream immediately on a connection that it uses. Until then the candidate replaces no
/// other connection and is not reported to the application.
/// </content>
internal static partial class MoqReducer
{
    private static MoqStep AddCandidate(MoqState state, long connection, PeerKey peer) =>
        Step(state with { Candidates = state.Candidates.Add(connection, peer) }, new ConnectionEffect.AwaitStream(connection));

    private static MoqStep OnStreamArrived(MoqState state, MoqEvent.StreamArrived e) =>
        state.Candidates.TryGetValue(e.Connection, out var peer)
            ? TakeUp(state.WithoutCandidate(e.Connection), e.Connection, peer)
            : Step(state);

    private static MoqStep OnCandidateTimedOut(MoqState state, MoqEvent.CandidateTimedOut e)
    {
        if (!state.Candidates.TryGetValue(e.Connection, out var peer))
            return Step(state);
        var next = state.WithoutCandidate(e.Connection);
        // The connection that the candidate would have replaced may have ended; then the candidate is the only connection of the peer.
        return state.HasDialed(peer)
            ? Step(next, new ConnectionEffect.Refuse(e.Connection, MoqErrorCode.Cancel, SilentReason))
            : TakeUp(next, e.Connection, peer);
    }
}
