using System.Collections.Immutable;
using EffectList = System.Collections.Immutable.ImmutableArray<IrohMoq.Reactive.Manager.MoqEffect>.Builder;

namespace IrohMoq.Reactive.Manager;

/// <summary>
/// Provides the rules of the manager: a pure function from a state and an event to the next state and the effects to carry out. The
/// reducer uses no tasks, clocks or mutable objects. Items are always removed by their own number, so that a late event cannot affect a
/// successor.
/// </summary>
internal static partial class MoqReducer
{
    public const string ShutdownReason = "cancelled";

    public const string TooManyReason = "too many sessions";

    public const string SilentReason = "another connection of this peer is in use";

    public const string UnusedReason = "no longer used";

    public static MoqStep Reduce(MoqState state, MoqEvent happened) => happened switch
    {
        MoqEvent.ConnectRequested e => OnConnectRequested(state, e),
        MoqEvent.ConnectCanceled e => OnConnectCanceled(state, e),
        MoqEvent.DialSucceeded e => OnDialSucceeded(state, e),
        MoqEvent.DialFailed e => OnDialFailed(state, e),
        MoqEvent.ConnectionArrived e => OnConnectionArrived(state, e),
        MoqEvent.StreamArrived e => OnStreamArrived(state, e),
        MoqEvent.CandidateTimedOut e => OnCandidateTimedOut(state, e),
        MoqEvent.ConnectionEnded e => OnConnectionEnded(state, e),
        MoqEvent.PeerGoingAway e => OnPeerGoingAway(state, e),
        MoqEvent.SessionGoingAway e => OnSessionGoingAway(state, e),
        MoqEvent.SessionAccepted e => OnSessionAccepted(state, e),
        MoqEvent.DecisionTimedOut e => OnDecisionTimedOut(state, e),
        MoqEvent.SessionClosing e => OnSessionClosing(state, e),
        MoqEvent.LeaseTaken e => OnLeaseTaken(state, e),
        MoqEvent.ReadingBegan e => OnReadingBegan(state, e),
        MoqEvent.LeaseReturned e => OnLeaseReturned(state, e),
        MoqEvent.LingerElapsed e => OnLingerElapsed(state, e),
        MoqEvent.BroadcastPublished e => OnBroadcastPublished(state, e),
        MoqEvent.BroadcastEnded e => OnBroadcastEnded(state, e),
        MoqEvent.ShutdownRequested or MoqEvent.EndpointEnded => OnShutdown(state),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "There is no rule for this event."),
    };

    private static EffectList NewList() => ImmutableArray.CreateBuilder<MoqEffect>();

    private static MoqStep Step(MoqState state, params ReadOnlySpan<MoqEffect> effects) => new(state, [.. effects]);

    private static MoqStep Step(MoqState state, EffectList effects) => new(state, effects.ToImmutable());

    private static MoqStep OnShutdown(MoqState state)
    {
        if (state.IsClosed)
            return Step(state);
        var effects = NewList();
        var dials = state.Dials;
        foreach (var (peer, dial) in state.Dials)
        {
            effects.Add(new DialEffect.Cancel(dial.Dial));
            foreach (var caller in dial.Callers)
                effects.Add(new ReplyEffect.Refuse(caller, CallerRefusal.ShutDown));
            dials = dials.SetItem(peer, dial with { Callers = [] });
        }

        foreach (var session in state.Sessions)
            effects.Add(new SessionEffect.ShutDown(session.Key, MoqErrorCode.Cancel, ShutdownReason));
        foreach (var candidate in state.Candidates)
            effects.Add(new ConnectionEffect.Refuse(candidate.Key, MoqErrorCode.Cancel, ShutdownReason));
        foreach (var broadcast in state.Broadcasts)
            Forget(broadcast.Value, BroadcastEndedBy.Shutdown, effects);
        // Connections and dials remain until they report their ends, so that every opening has a matching end and nothing continues
        // afterwards.
        return Step(
            state with { IsClosed = true, Candidates = state.Candidates.Clear(), Dials = dials, Broadcasts = state.Broadcasts.Clear() },
            effects);
    }
}
