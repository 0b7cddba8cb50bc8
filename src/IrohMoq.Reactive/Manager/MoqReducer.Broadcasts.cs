using EffectList = System.Collections.Immutable.ImmutableArray<IrohMoq.Reactive.Manager.MoqEffect>.Builder;

namespace IrohMoq.Reactive.Manager;

/// <content>The rules for broadcasts that are published on all sessions.</content>
internal static partial class MoqReducer
{
    private static MoqStep OnBroadcastPublished(MoqState state, MoqEvent.BroadcastPublished e)
    {
        if (state.IsClosed)
            return Step(state, new BroadcastEffect.Forget(e.Broadcast));
        var isReplacing = state.Broadcasts.TryGetValue(e.Name, out var replaced);
        var effects = NewList();
        foreach (var (session, entry) in state.Sessions)
        {
            if (entry.Stage != SessionStage.Open)
                continue;
            effects.Add(new SessionEffect.Announce(session, e.Broadcast));
            if (isReplacing)
                effects.Add(new SessionEffect.Withdraw(session, replaced));
        }

        if (isReplacing)
            Forget(replaced, BroadcastEndedBy.Replacement, effects);
        effects.Add(new NoticeEffect.BroadcastPublished(e.Broadcast, isReplacing));
        return Step(state with { Broadcasts = state.Broadcasts.SetItem(e.Name, e.Broadcast) }, effects);
    }

    private static MoqStep OnBroadcastEnded(MoqState state, MoqEvent.BroadcastEnded e)
    {
        if (!state.Broadcasts.TryGetValue(e.Name, out var current) || current != e.Broadcast)
            return Step(state);
        var effects = NewList();
        foreach (var (session, entry) in state.Sessions)
        {
            if (entry.Stage == SessionStage.Open)
                effects.Add(new SessionEffect.Withdraw(session, e.Broadcast));
        }

        Forget(e.Broadcast, e.By, effects);
        return Step(state with { Broadcasts = state.Broadcasts.Remove(e.Name) }, effects);
    }

    private static void Forget(long broadcast, BroadcastEndedBy by, EffectList effects)
    {
        effects.Add(new NoticeEffect.BroadcastEnded(broadcast, by));
        effects.Add(new BroadcastEffect.Forget(broadcast));
    }
}
