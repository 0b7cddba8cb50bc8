using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <content>Callers who want a session with a peer, and the dials that are made for them.</content>
internal static partial class MoqReducer
{
    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnConnectRequested(MoqState state, MoqEvent.ConnectRequested e)
    {
        var peer = e.Remote.Id;
        if (state.IsClosed)
            return (state, [new MoqEffect.RefuseWaiter(e.Waiter, WaiterRefusal.ShutDown)]);
        if (state.SessionWith(peer) is { } session)
            return (state.WithSession(session, state.Sessions[session].Leased()), [new MoqEffect.OfferSession(e.Waiter, e.Dial, e.Remote, session)]);
        if (state.Dials.TryGetValue(peer, out var dial))
        {
            return (
                state with { Dials = state.Dials.SetItem(peer, dial with { Waiters = dial.Waiters.Add(e.Waiter) }) },
                [new MoqEffect.ExtendDial(dial.Dial, e.Remote)]);
        }

        if (state.IsFull)
            return (state, [new MoqEffect.RefuseWaiter(e.Waiter, WaiterRefusal.TooManySessions)]);
        return (state with { Dials = state.Dials.Add(peer, new DialEntry(e.Dial, [e.Waiter])) }, [new MoqEffect.StartDial(e.Dial, e.Remote)]);
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnOfferFailed(MoqState state, MoqEvent.OfferFailed e)
    {
        // What carries it on is being dialed.
        if (e.IsSuperseded && !state.IsClosed && state.SessionWith(e.Remote.Id) == e.Session && state.Dials.ContainsKey(e.Remote.Id))
            return (state, [new MoqEffect.CompleteWaiter(e.Waiter, e.Session)]);
        // It is closed: nobody gets it any more, and its lease means nothing. Its end is on the way, unless it was held for a connection that it needs no longer.
        var peer = e.Remote.Id;
        var effects = ImmutableArray.CreateBuilder<MoqEffect>();
        if (state.SessionWith(peer) == e.Session)
            state = state.Sessions[e.Session].Connections.IsEmpty ? EndHeld(state, peer, effects) : state.WithCurrent(peer, null);
        var (next, requested) = OnConnectRequested(state, new MoqEvent.ConnectRequested(e.Waiter, e.Dial, e.Remote));
        effects.AddRange(requested);
        return (next, effects.ToImmutable());
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnConnectCanceled(MoqState state, MoqEvent.ConnectCanceled e)
    {
        if (!state.Dials.TryGetValue(e.Peer, out var dial) || !dial.Waiters.Contains(e.Waiter))
            return (state, []);
        var left = dial.Waiters.Remove(e.Waiter);
        return left.IsEmpty
            ? (state with { Dials = state.Dials.Remove(e.Peer) }, [new MoqEffect.CancelDial(dial.Dial)])
            : (state with { Dials = state.Dials.SetItem(e.Peer, dial with { Waiters = left }) }, []);
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnDialSucceeded(MoqState state, MoqEvent.DialSucceeded e)
    {
        // A dial that was given up, or overtaken by another one, may still come through.
        var isAwaited = state.Dials.TryGetValue(e.Peer, out var dial) && dial.Dial == e.Dial;
        var next = isAwaited ? state with { Dials = state.Dials.Remove(e.Peer) } : state;
        var effects = ImmutableArray.CreateBuilder<MoqEffect>();
        if (!isAwaited || state.IsClosed)
        {
            effects.Add(new MoqEffect.Refuse(e.Connection, MoqErrorCode.Cancel, ShutdownReason));
            if (isAwaited)
                next = EndHeld(next, e.Peer, effects);
            effects.Add(new MoqEffect.EndDial(e.Dial));
            return (next, effects.ToImmutable());
        }

        long session;
        if (next.SessionWith(e.Peer) is { } open)
        {
            (next, session) = (Join(next, open, e.Connection, isOutbound: true, effects), open);
        }
        else if (Undecided(next, e.Peer) is { } undecided)
        {
            // Whoever dials a peer wants it: what waits for a decision is taken.
            next = Join(Open(next, undecided, effects), undecided, e.Connection, isOutbound: true, effects);
            session = undecided;
        }
        else
        {
            (next, session) = (Establish(next, e.Connection, e.Peer, isOutbound: true, effects), e.Connection);
        }

        next = Complete(next, session, dial!.Waiters, effects);
        effects.Add(new MoqEffect.EndDial(e.Dial));
        return (next, effects.ToImmutable());
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnDialFailed(MoqState state, MoqEvent.DialFailed e)
    {
        if (!state.Dials.TryGetValue(e.Peer, out var dial) || dial.Dial != e.Dial)
            return (state, [new MoqEffect.EndDial(e.Dial)]);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(dial.Waiters.Count + 1);
        foreach (var waiter in dial.Waiters)
            effects.Add(new MoqEffect.FailWaiter(waiter, e.Dial));
        state = EndHeld(state with { Dials = state.Dials.Remove(e.Peer) }, e.Peer, effects);
        effects.Add(new MoqEffect.EndDial(e.Dial));
        return (state, effects.ToImmutable());
    }

    /// <summary>Callers get the session that they waited for, each with a lease of its own.</summary>
    private static MoqState Complete(MoqState state, long session, ImmutableSortedSet<long> waiters, ImmutableArray<MoqEffect>.Builder effects)
    {
        var entry = state.Sessions[session];
        foreach (var waiter in waiters)
        {
            entry = entry.Leased();
            effects.Add(new MoqEffect.CompleteWaiter(waiter, session));
        }

        return LingerIfUnused(state, session, entry, effects);
    }
}
