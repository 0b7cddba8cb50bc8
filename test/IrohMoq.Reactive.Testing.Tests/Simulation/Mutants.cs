using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>The rules of the manager, each time with one of them broken on purpose.</summary>
internal static class Mutants
{
    /// <summary>A connection that ends is removed by its peer, not by its own number: its successor is removed with it.</summary>
    public static MoqStep RemovalByPeer(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        if (happened is MoqEvent.ConnectionEnded ended && state.Connections.TryGetValue(ended.Connection, out var entry)
            && next.Peers.TryGetValue(entry.Peer, out var peer))
        {
            foreach (var other in peer.Connections)
                next = next.WithoutConnection(other);
        }

        return new MoqStep(next, effects);
    }

    /// <summary>Of several callers that wait for a dial the last one is forgotten.</summary>
    public static MoqStep ForgottenWaiter(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        var waiters = effects.Where(static effect => effect is ReplyEffect.Complete).ToArray();
        return new MoqStep(next, waiters.Length > 1 ? effects.Remove(waiters[^1]) : effects);
    }

    /// <summary>The callers that wait for a dial that fails get no result.</summary>
    public static MoqStep UnreportedFailure(MoqState state, MoqEvent happened) =>
        Without(MoqReducer.Reduce(state, happened), static effect => effect is ReplyEffect.Fail);

    /// <summary>The closing of a session is reported before its opening.</summary>
    public static MoqStep ClosingBeforeOpening(MoqState state, MoqEvent happened)
    {
        var (next, effects) = MoqReducer.Reduce(state, happened);
        for (var i = 0; i < effects.Length; i++)
        {
            if (effects[i] is NoticeEffect.SessionOpened open)
                return new MoqStep(
                    next, effects.Insert(i, new NoticeEffect.SessionEnded(open.Session)).Insert(i, new SessionEffect.End(open.Session)));
        }

        return new MoqStep(next, effects);
    }

    /// <summary>Earlier broadcasts are not announced to new sessions.</summary>
    public static MoqStep NoAnnouncementsToNewSessions(MoqState state, MoqEvent happened) =>
        happened is MoqEvent.ConnectionArrived
            ? Without(MoqReducer.Reduce(state, happened), static effect => effect is SessionEffect.Announce)
            : MoqReducer.Reduce(state, happened);

    /// <summary>A withdrawn broadcast stays announced.</summary>
    public static MoqStep NothingWithdrawn(MoqState state, MoqEvent happened) =>
        happened is MoqEvent.BroadcastEnded
            ? Without(MoqReducer.Reduce(state, happened), static effect => effect is SessionEffect.Withdraw)
            : MoqReducer.Reduce(state, happened);

    /// <summary>The end of a session is not reported.</summary>
    public static MoqStep UnreportedEnd(MoqState state, MoqEvent happened) =>
        Without(MoqReducer.Reduce(state, happened), static effect => effect is NoticeEffect.SessionEnded);

    private static MoqStep Without(
        MoqStep right, Predicate<MoqEffect> what) =>
        new MoqStep(right.State, right.Effects.RemoveAll(what));
}
