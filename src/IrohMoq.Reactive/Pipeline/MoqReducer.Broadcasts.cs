using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <content>What is published for all sessions.</content>
internal static partial class MoqReducer
{
    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnBroadcastPublished(MoqState state, MoqEvent.BroadcastPublished e)
    {
        if (state.IsClosed)
            return (state, [new MoqEffect.ForgetBroadcast(e.Broadcast, BroadcastEndedBy.Shutdown)]);
        var isReplacing = state.Broadcasts.TryGetValue(e.Name, out var replaced);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>((2 * state.Sessions.Count) + 2);
        foreach (var (session, entry) in state.Sessions)
        {
            if (entry.Stage != SessionStage.Open)
                continue;
            effects.Add(new MoqEffect.Announce(session, e.Broadcast));
            if (isReplacing)
                effects.Add(new MoqEffect.Withdraw(session, replaced));
        }

        if (isReplacing)
            effects.Add(new MoqEffect.ForgetBroadcast(replaced, BroadcastEndedBy.Replacement));
        effects.Add(new MoqEffect.ReportPublished(e.Broadcast, isReplacing));
        return (state with { Broadcasts = state.Broadcasts.SetItem(e.Name, e.Broadcast) }, effects.ToImmutable());
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnBroadcastEnded(MoqState state, MoqEvent.BroadcastEnded e)
    {
        if (!state.Broadcasts.TryGetValue(e.Name, out var current) || current != e.Broadcast)
            return (state, []);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(state.Sessions.Count + 1);
        foreach (var (session, entry) in state.Sessions)
        {
            if (entry.Stage == SessionStage.Open)
                effects.Add(new MoqEffect.Withdraw(session, e.Broadcast));
        }

        effects.Add(new MoqEffect.ForgetBroadcast(e.Broadcast, e.By));
        return (state with { Broadcasts = state.Broadcasts.Remove(e.Name) }, effects.ToImmutable());
    }
}
