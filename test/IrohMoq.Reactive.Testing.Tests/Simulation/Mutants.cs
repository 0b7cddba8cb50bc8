using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>The manager's rules, each time with one of them broken on purpose.</summary>
internal static class Mutants
{
    /// <summary>What ends is removed by its peer, not by its own number: a successor goes with it.</summary>
    public static MoqStep RemovalByKey(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        if (happened is MoqEvent.ConnectionEnded ended && state.Connections.TryGetValue(ended.Connection, out var entry) && next.Peers.TryGetValue(entry.Peer, out var peer))
        {
            foreach (var other in peer.Connections)
                next = next.WithoutConnection(other);
        }

        return new MoqStep(next, effects);
    }

    /// <summary>Of several who wait for a dial the last one is forgotten.</summary>
    public static MoqStep ForgottenWaiter(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        var waiters = effects.Where(static effect => effect is ReplyEffect.Complete).ToArray();
        return new MoqStep(next, waiters.Length > 1 ? effects.Remove(waiters[^1]) : effects);
    }

    /// <summary>Those who wait for a dial that fails are not told.</summary>
    public static MoqStep UntoldFailure(MoqState state, MoqEvent happened) =>
        Without(MoqReducer.Reduce(state, happened), static effect => effect is ReplyEffect.Fail);

    /// <summary>The closing of a session is told before its opening.</summary>
    public static MoqStep ClosingBeforeOpening(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        for (var i = 0; i < effects.Length; i++)
        {
            if (effects[i] is NoticeEffect.SessionOpened open)
                return new MoqStep(next, effects.Insert(i, new NoticeEffect.SessionEnded(open.Session)).Insert(i, new SessionEffect.End(open.Session)));
        }

        return new MoqStep(next, effects);
    }

    /// <summary>What is published already is not announced to whoever comes later.</summary>
    public static MoqStep LateComersToldNothing(MoqState state, MoqEvent happened) =>
        happened is MoqEvent.ConnectionArrived ? Without(MoqReducer.Reduce(state, happened), static effect => effect is SessionEffect.Announce) : MoqReducer.Reduce(state, happened);

    /// <summary>What is taken back stays announced.</summary>
    public static MoqStep NothingWithdrawn(MoqState state, MoqEvent happened) =>
        happened is MoqEvent.BroadcastEnded ? Without(MoqReducer.Reduce(state, happened), static effect => effect is SessionEffect.Withdraw) : MoqReducer.Reduce(state, happened);

    /// <summary>A session that is told to be over is not reported.</summary>
    public static MoqStep UnreportedEnd(MoqState state, MoqEvent happened) =>
        Without(MoqReducer.Reduce(state, happened), static effect => effect is NoticeEffect.SessionEnded);

    private static MoqStep Without(MoqStep right, Predicate<MoqEffect> what) =>
        new(right.State, right.Effects.RemoveAll(what));
}
