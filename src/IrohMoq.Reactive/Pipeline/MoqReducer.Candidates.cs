using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <content>
/// Connections of a peer that has a session already, and dialed it itself. It may have lost that one; or it has dialed several of this side's addresses at once, and will close all connections but the first. Which of the two it is shows
/// on the connection: a peer that means it opens a stream at once. Until then it takes no other connection's place, and nobody is told of it.
/// </content>
internal static partial class MoqReducer
{
    private static (MoqState State, ImmutableArray<MoqEffect> Effects) AddCandidate(MoqState state, long connection, EndpointId peer) =>
        (state with { Candidates = state.Candidates.Add(connection, peer) }, [new MoqEffect.AwaitStream(connection)]);

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnStreamArrived(MoqState state, MoqEvent.StreamArrived e) =>
        state.Candidates.TryGetValue(e.Connection, out var peer) ? Take(state.WithoutCandidate(e.Connection), e.Connection, peer) : (state, []);

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnCandidateTimedOut(MoqState state, MoqEvent.CandidateTimedOut e)
    {
        if (!state.Candidates.TryGetValue(e.Connection, out var peer))
            return (state, []);
        var next = state.WithoutCandidate(e.Connection);
        // What it would have taken the place of may be over by itself; then it is all that the peer has.
        return state.HasDialed(peer) ? (next, [new MoqEffect.Refuse(e.Connection, MoqErrorCode.Cancel, SilentReason)]) : Take(next, e.Connection, peer);
    }
}
