namespace IrohMoq.Reactive.Manager;

/// <content>
/// The rules of candidates: connections of a peer that has a session already and dialed it itself. It may have lost that one; or it has
/// dialed several of
/// this side's addresses at once and closes all connections but the first. A peer that uses a connection opens a stream on it at once.
/// Until then the
/// connection replaces no other one and is reported to nobody.
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
        // The connection that it would have replaced may have ended; then this one is all that the peer has.
        return state.HasDialed(peer)
            ? Step(next, new ConnectionEffect.Refuse(e.Connection, MoqErrorCode.Cancel, SilentReason))
            : TakeUp(next, e.Connection, peer);
    }
}
