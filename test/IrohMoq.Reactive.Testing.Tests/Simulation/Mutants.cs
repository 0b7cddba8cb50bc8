using System.Collections.Immutable;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>The manager's rules, each time with one of them broken on purpose.</summary>
internal static class Mutants
{
    /// <summary>What ends is removed by its peer, not by its own number: a successor goes with it.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) RemovalByKey(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        if (happened is MoqEvent.ConnectionEnded ended && state.Connections.TryGetValue(ended.Connection, out var entry) && next.Peers.TryGetValue(entry.Peer, out var peer))
        {
            foreach (var other in peer.Connections)
                next = next.WithoutConnection(other);
        }

        return (next, effects);
    }

    /// <summary>Of several who wait for a dial the last one is forgotten.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) ForgottenWaiter(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        var waiters = effects.Where(static effect => effect is MoqEffect.CompleteWaiter).ToArray();
        return (next, waiters.Length > 1 ? effects.Remove(waiters[^1]) : effects);
    }

    /// <summary>Those who wait for a dial that fails are not told.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) UntoldFailure(MoqState state, MoqEvent happened) =>
        Without(MoqReducer.Reduce(state, happened), static effect => effect is MoqEffect.FailWaiter);

    /// <summary>The closing of a session is told before its opening.</summary>
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

    /// <summary>What is published already is not announced to whoever comes later.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) LateComersToldNothing(MoqState state, MoqEvent happened) =>
        happened is MoqEvent.ConnectionArrived ? Without(MoqReducer.Reduce(state, happened), static effect => effect is MoqEffect.Announce) : MoqReducer.Reduce(state, happened);

    /// <summary>What is taken back stays announced.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) NothingWithdrawn(MoqState state, MoqEvent happened) =>
        happened is MoqEvent.BroadcastEnded ? Without(MoqReducer.Reduce(state, happened), static effect => effect is MoqEffect.Withdraw) : MoqReducer.Reduce(state, happened);

    /// <summary>A session that is told to be over is not reported.</summary>
    public static (MoqState State, ImmutableArray<MoqEffect> Effects) UnreportedEnd(MoqState state, MoqEvent happened) =>
        Without(MoqReducer.Reduce(state, happened), static effect => effect is MoqEffect.ReportClosed);

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) Without((MoqState State, ImmutableArray<MoqEffect> Effects) right, Predicate<MoqEffect> what) =>
        (right.State, right.Effects.RemoveAll(what));
}
