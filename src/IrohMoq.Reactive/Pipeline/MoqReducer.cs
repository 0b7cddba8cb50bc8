using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// The manager's rules: what was, and what happened, give what is and what is to be done. It knows no task, no clock and no object of the outside;
/// what is removed is removed by its own number, so that nothing late can harm what came after it.
/// </summary>
internal static partial class MoqReducer
{
    public const string ShutdownReason = "cancelled";

    public const string TooManyReason = "too many sessions";

    public const string SilentReason = "another connection of this peer is in use";

    public const string UnusedReason = "no longer used";

    public static (MoqState State, ImmutableArray<MoqEffect> Effects) Reduce(MoqState state, MoqEvent happened)
    {
        var (next, effects) = Apply(state, happened);
        return next.IsOver && !state.IsOver ? (next, effects.Add(new MoqEffect.Finish())) : (next, effects);
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) Apply(MoqState state, MoqEvent happened) => happened switch
    {
        MoqEvent.ConnectRequested e => OnConnectRequested(state, e),
        MoqEvent.OfferFailed e => OnOfferFailed(state, e),
        MoqEvent.ConnectCanceled e => OnConnectCanceled(state, e),
        MoqEvent.DialSucceeded e => OnDialSucceeded(state, e),
        MoqEvent.DialFailed e => OnDialFailed(state, e),
        MoqEvent.ConnectionArrived e => OnConnectionArrived(state, e),
        MoqEvent.StreamArrived e => OnStreamArrived(state, e),
        MoqEvent.CandidateTimedOut e => OnCandidateTimedOut(state, e),
        MoqEvent.JoinFailed e => OnJoinFailed(state, e),
        MoqEvent.ConnectionEnded e => OnConnectionEnded(state, e),
        MoqEvent.SessionAccepted e => OnSessionAccepted(state, e),
        MoqEvent.DecisionTimedOut e => OnDecisionTimedOut(state, e),
        MoqEvent.LeaseReturned e => OnLeaseReturned(state, e),
        MoqEvent.LingerElapsed e => OnLingerElapsed(state, e),
        MoqEvent.BroadcastPublished e => OnBroadcastPublished(state, e),
        MoqEvent.BroadcastEnded e => OnBroadcastEnded(state, e),
        MoqEvent.ShutdownRequested or MoqEvent.EndpointEnded => OnShutdown(state),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "An event without a rule."),
    };

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnShutdown(MoqState state)
    {
        if (state.IsClosed)
            return (state, []);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>();
        var dials = state.Dials;
        foreach (var (peer, dial) in state.Dials)
        {
            effects.Add(new MoqEffect.CancelDial(dial.Dial));
            foreach (var waiter in dial.Waiters)
                effects.Add(new MoqEffect.RefuseWaiter(waiter, WaiterRefusal.ShutDown));
            dials = dials.SetItem(peer, dial with { Waiters = [] });
        }

        foreach (var session in state.Sessions)
            effects.Add(new MoqEffect.Close(session.Key, MoqErrorCode.Cancel, ShutdownReason));
        foreach (var candidate in state.Candidates)
            effects.Add(new MoqEffect.Refuse(candidate.Key, MoqErrorCode.Cancel, ShutdownReason));
        foreach (var broadcast in state.Broadcasts)
            effects.Add(new MoqEffect.ForgetBroadcast(broadcast.Value, BroadcastEndedBy.Shutdown));
        // Connections and dials stay until they report their ends, so that every opening gets its closing and nothing runs on afterwards.
        return (state with { IsClosed = true, Candidates = state.Candidates.Clear(), Dials = dials, Broadcasts = state.Broadcasts.Clear() }, effects.ToImmutable());
    }
}
