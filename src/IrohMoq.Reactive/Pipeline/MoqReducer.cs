using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// The manager's rules: what was, and what happened, give what is and what is to be done. It knows no task, no clock and no object of the outside;
/// what is removed is removed by its own number, so that nothing late can harm what came after it.
/// </summary>
internal static class MoqReducer
{
    public const string ShutdownReason = "cancelled";

    public const string TooManyReason = "too many sessions";

    public static (MoqState State, ImmutableArray<MoqEffect> Effects) Reduce(MoqState state, MoqEvent happened)
    {
        var (next, effects) = Apply(state, happened);
        return next.IsOver && !state.IsOver ? (next, effects.Add(new MoqEffect.Finish())) : (next, effects);
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) Apply(MoqState state, MoqEvent happened) => happened switch
    {
        MoqEvent.ConnectRequested e => OnConnectRequested(state, e),
        MoqEvent.OfferFailed e => OnOfferFailed(state, e),
        MoqEvent.ConnectCancelled e => OnConnectCancelled(state, e),
        MoqEvent.DialSucceeded e => OnDialSucceeded(state, e),
        MoqEvent.DialFailed e => OnDialFailed(state, e),
        MoqEvent.SessionArrived e => OnSessionArrived(state, e),
        MoqEvent.SessionEnded e => OnSessionEnded(state, e),
        MoqEvent.BroadcastPublished e => OnBroadcastPublished(state, e),
        MoqEvent.BroadcastEnded e => OnBroadcastEnded(state, e),
        MoqEvent.ShutdownRequested or MoqEvent.EndpointEnded => OnShutdown(state),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "An event without a rule."),
    };

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnConnectRequested(MoqState state, MoqEvent.ConnectRequested e)
    {
        var peer = e.Remote.Id;
        if (state.IsClosed)
            return (state, [new MoqEffect.RefuseWaiter(e.Waiter, WaiterRefusal.ShutDown)]);
        if (state.Peers.TryGetValue(peer, out var sessions))
            return (state, [new MoqEffect.OfferSession(e.Waiter, e.Dial, e.Remote, sessions.Max)]);
        if (state.Dials.TryGetValue(peer, out var dial))
            return (state with { Dials = state.Dials.SetItem(peer, dial with { Waiters = dial.Waiters.Add(e.Waiter) }) }, []);
        if (state.Sessions.Count + state.Dials.Count >= state.Limits.Sessions)
            return (state, [new MoqEffect.RefuseWaiter(e.Waiter, WaiterRefusal.TooManySessions)]);
        return (state with { Dials = state.Dials.Add(peer, new DialEntry(e.Dial, [e.Waiter])) }, [new MoqEffect.StartDial(e.Dial, e.Remote)]);
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnOfferFailed(MoqState state, MoqEvent.OfferFailed e) =>
        OnConnectRequested(state.WithoutCandidate(e.Remote.Id, e.Session), new MoqEvent.ConnectRequested(e.Waiter, e.Dial, e.Remote));

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnConnectCancelled(MoqState state, MoqEvent.ConnectCancelled e)
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
        if (!isAwaited || state.IsClosed)
            return (next, [new MoqEffect.Refuse(e.Session, MoqErrorCode.Cancel, ShutdownReason), new MoqEffect.EndDial(e.Dial)]);
        return Establish(next, e.Session, new SessionEntry(e.Peer, true), dial!.Waiters, new MoqEffect.EndDial(e.Dial));
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnDialFailed(MoqState state, MoqEvent.DialFailed e)
    {
        if (!state.Dials.TryGetValue(e.Peer, out var dial) || dial.Dial != e.Dial)
            return (state, [new MoqEffect.EndDial(e.Dial)]);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(dial.Waiters.Count + 1);
        foreach (var waiter in dial.Waiters)
            effects.Add(new MoqEffect.FailWaiter(waiter, e.Dial));
        effects.Add(new MoqEffect.EndDial(e.Dial));
        return (state with { Dials = state.Dials.Remove(e.Peer) }, effects.ToImmutable());
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnSessionArrived(MoqState state, MoqEvent.SessionArrived e)
    {
        if (state.IsClosed)
            return (state, [new MoqEffect.Refuse(e.Session, MoqErrorCode.Cancel, ShutdownReason)]);
        if (state.Sessions.Count >= state.Limits.Sessions || (state.Peers.TryGetValue(e.Peer, out var sessions) && sessions.Count >= state.Limits.SessionsPerPeer))
            return (state, [new MoqEffect.Refuse(e.Session, MoqErrorCode.BoundsExceeded, TooManyReason)]);
        if (!state.Dials.TryGetValue(e.Peer, out var dial))
            return Establish(state, e.Session, new SessionEntry(e.Peer, false), [], null);
        // Who waits for a dial to that peer has its session now. The dial goes on: if each of two peers that dial one another gave up its own dial for the other's, none would be left.
        var next = state with { Dials = state.Dials.SetItem(e.Peer, dial with { Waiters = [] }) };
        return Establish(next, e.Session, new SessionEntry(e.Peer, false), dial.Waiters, null);
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnSessionEnded(MoqState state, MoqEvent.SessionEnded e) =>
        state.Sessions.TryGetValue(e.Session, out var entry)
            ? (state.WithoutSession(e.Session, entry.Peer), [new MoqEffect.ReportClosed(e.Session)])
            : (state, []);

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnBroadcastPublished(MoqState state, MoqEvent.BroadcastPublished e)
    {
        if (state.IsClosed)
            return (state, [new MoqEffect.Forget(e.Broadcast)]);
        var isReplacing = state.Broadcasts.TryGetValue(e.Name, out var replaced);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>((2 * state.Sessions.Count) + 1);
        foreach (var session in state.Sessions)
        {
            effects.Add(new MoqEffect.Announce(session.Key, e.Broadcast));
            if (isReplacing)
                effects.Add(new MoqEffect.Withdraw(session.Key, replaced));
        }

        if (isReplacing)
            effects.Add(new MoqEffect.Forget(replaced));
        return (state with { Broadcasts = state.Broadcasts.SetItem(e.Name, e.Broadcast) }, effects.ToImmutable());
    }

    private static (MoqState State, ImmutableArray<MoqEffect> Effects) OnBroadcastEnded(MoqState state, MoqEvent.BroadcastEnded e)
    {
        if (!state.Broadcasts.TryGetValue(e.Name, out var current) || current != e.Broadcast)
            return (state, []);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(state.Sessions.Count + 1);
        foreach (var session in state.Sessions)
            effects.Add(new MoqEffect.Withdraw(session.Key, e.Broadcast));
        effects.Add(new MoqEffect.Forget(e.Broadcast));
        return (state with { Broadcasts = state.Broadcasts.Remove(e.Name) }, effects.ToImmutable());
    }

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
        foreach (var broadcast in state.Broadcasts)
            effects.Add(new MoqEffect.Forget(broadcast.Value));
        // Sessions and dials stay until they report their ends, so that every opening gets its closing and nothing runs on afterwards.
        return (state with { IsClosed = true, Dials = dials, Broadcasts = state.Broadcasts.Clear() }, effects.ToImmutable());
    }

    /// <summary>The steps of a new session: what is published is announced on it, it is stored and opened, and who waits for it gets it.</summary>
    private static (MoqState State, ImmutableArray<MoqEffect> Effects) Establish(
        MoqState state, long session, SessionEntry entry, ImmutableSortedSet<long> waiters, MoqEffect? last)
    {
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(state.Broadcasts.Count + waiters.Count + 2);
        foreach (var broadcast in state.Broadcasts)
            effects.Add(new MoqEffect.Announce(session, broadcast.Value));
        effects.Add(new MoqEffect.Open(session));
        foreach (var waiter in waiters)
            effects.Add(new MoqEffect.CompleteWaiter(waiter, session));
        if (last is not null)
            effects.Add(last);
        return (state.WithSession(session, entry), effects.ToImmutable());
    }
}
