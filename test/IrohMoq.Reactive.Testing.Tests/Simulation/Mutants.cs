using System.Collections.Immutable;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>The rules of the manager, each time with one of them broken on purpose.</summary>
internal static class Mutants
{
    /// <summary>A connection that ends is removed by its peer, not by its own number: its successor is removed with it.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) RemovalByPeer(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        if (happened is MoqEvent.ConnectionEnded ended && state.Connections.TryGetValue(ended.Connection, out var entry)
            && next.Peers.TryGetValue(entry.Peer, out var peer))
        {
            foreach (var other in peer.Connections)
                next = next.WithoutConnection(other);
        }

        return (next, effects);
    }

    /// <summary>Of several callers that wait for a dial the last one is forgotten.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) ForgottenWaiter(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        var waiters = effects.Where(static effect => effect is MoqEffect.CompleteWaiter).ToArray();
        return (next, waiters.Length > 1 ? effects.Remove(waiters[^1]) : effects);
    }

    /// <summary>The callers that wait for a dial that fails get no result.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) UnreportedFailure(MoqState state, MoqEvent happened) =>
        Without(MoqReducer.Reduce(state, happened), static effect => effect is MoqEffect.FailWaiter);

    /// <summary>The closing of a session is reported before its opening.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) ClosingBeforeOpening(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        for (var i = 0; i < effects.Length; i++)
        {
            if (effects[i] is MoqEffect.Open open)
                return (next, effects.Insert(i, new MoqEffect.ReportClosed(open.Session, next.Sessions[open.Session].Connections.Min)));
        }

        return (next, effects);
    }

    /// <summary>What is published already is not announced to new sessions.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) NoAnnouncementsToNewSessions(MoqState state, MoqEvent happened) =>
        happened is MoqEvent.ConnectionArrived
            ? Without(MoqReducer.Reduce(state, happened), static effect => effect is MoqEffect.Announce)
            : MoqReducer.Reduce(state, happened);

    /// <summary>What is withdrawn stays announced.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) NothingWithdrawn(MoqState state, MoqEvent happened) =>
        happened is MoqEvent.BroadcastEnded
            ? Without(MoqReducer.Reduce(state, happened), static effect => effect is MoqEffect.Withdraw)
            : MoqReducer.Reduce(state, happened);

    /// <summary>The end of a session is not reported.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) UnreportedEnd(MoqState state, MoqEvent happened) =>
        Without(MoqReducer.Reduce(state, happened), static effect => effect is MoqEffect.ReportClosed);

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) Without(
        (MoqState State, ImmutableArray<MoqEffect> Effects) right, Predicate<MoqEffect> what) =>
        (right.State, right.Effects.RemoveAll(what));
}
