using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// The manager's rules: what was, and what happened, give what is and what is to be done. It knows no task, no clock and no object of the outside;
/// what is removed is removed by its own number, so that nothing late can harm what came after it.
/// </summary>
internal static class MoqReducer
{
    public const string ShutdownReason = "cancelled";

    public static (MoqState State, ImmutableArray<MoqEffect> Effects) Reduce(MoqState state, MoqEvent happened) => happened switch
    {
        MoqEvent.ConnectRequested e => OnConnectRequested(state, e),
        MoqEvent.ConnectCancelled e => OnConnectCancelled(state, e),
        MoqEvent.DialSucceeded e => OnDialSucceeded(state, e),
        MoqEvent.DialFailed e => OnDialFailed(state, e),
        MoqEvent.SessionArrived e => OnSessionArrived(state, e),
        MoqEvent.SessionEnded e => OnSessionEnded(state, e),
        MoqEvent.BroadcastPublished e => OnBroadcastPublished(state, e),
        MoqEvent.BroadcastEnded e => OnBroadcastEnded(state, e),
        MoqEvent.ShutdownRequested => OnShutdown(state),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "An event without a rule."),
    };

    private static (MoqState, ImmutableArray<MoqEffect>) OnConnectRequested(MoqState state, MoqEvent.ConnectRequested e)
    {
        if (state.IsClosed)
            return (state, [new MoqEffect.RefuseWaiter(e.Waiter)]);
        if (state.Current.TryGetValue(e.Peer, out var session))
            return (state, [new MoqEffect.CompleteWaiter(e.Waiter, session)]);
        if (state.Dials.TryGetValue(e.Peer, out var dial))
            return (state with { Dials = state.Dials.SetItem(e.Peer, dial with { Waiters = dial.Waiters.Add(e.Waiter) }) }, []);
        return (state with { Dials = state.Dials.Add(e.Peer, new DialEntry(e.Dial, [e.Waiter])) }, [new MoqEffect.StartDial(e.Dial, e.Peer)]);
    }

    private static (MoqState, ImmutableArray<MoqEffect>) OnConnectCancelled(MoqState state, MoqEvent.ConnectCancelled e)
    {
        if (!state.Dials.TryGetValue(e.Peer, out var dial) || !dial.Waiters.Contains(e.Waiter))
            return (state, []);
        var left = dial.Waiters.Remove(e.Waiter);
        return left.IsEmpty
            ? (state with { Dials = state.Dials.Remove(e.Peer) }, [new MoqEffect.CancelDial(dial.Dial)])
            : (state with { Dials = state.Dials.SetItem(e.Peer, dial with { Waiters = left }) }, []);
    }

    private static (MoqState, ImmutableArray<MoqEffect>) OnDialSucceeded(MoqState state, MoqEvent.DialSucceeded e)
    {
        // A dial that was given up, or overtaken by another one, may still come through.
        if (state.IsClosed || !state.Dials.TryGetValue(e.Peer, out var dial) || dial.Dial != e.Dial)
            return (state, [new MoqEffect.Close(e.Session, MoqErrorCode.Cancel, ShutdownReason), new MoqEffect.EndDial(e.Dial)]);
        var (next, effects) = Establish(state with { Dials = state.Dials.Remove(e.Peer) }, e.Session, new SessionEntry(e.Peer, true), dial.Waiters);
        return (next, effects.Add(new MoqEffect.EndDial(e.Dial)));
    }

    private static (MoqState, ImmutableArray<MoqEffect>) OnDialFailed(MoqState state, MoqEvent.DialFailed e)
    {
        if (!state.Dials.TryGetValue(e.Peer, out var dial) || dial.Dial != e.Dial)
            return (state, [new MoqEffect.EndDial(e.Dial)]);
        return (state with { Dials = state.Dials.Remove(e.Peer) }, [.. dial.Waiters.Select(waiter => new MoqEffect.FailWaiter(waiter, e.Dial)), new MoqEffect.EndDial(e.Dial)]);
    }

    private static (MoqState, ImmutableArray<MoqEffect>) OnSessionArrived(MoqState state, MoqEvent.SessionArrived e)
    {
        if (state.IsClosed)
            return (state, [new MoqEffect.Close(e.Session, MoqErrorCode.Cancel, ShutdownReason)]);
        // Who waits for a dial to that peer has its session now; the dial is of no use any more.
        if (!state.Dials.TryGetValue(e.Peer, out var dial))
            return Establish(state, e.Session, new SessionEntry(e.Peer, false), []);
        var (next, effects) = Establish(state with { Dials = state.Dials.Remove(e.Peer) }, e.Session, new SessionEntry(e.Peer, false), dial.Waiters);
        return (next, effects.Add(new MoqEffect.CancelDial(dial.Dial)));
    }

    private static (MoqState, ImmutableArray<MoqEffect>) OnSessionEnded(MoqState state, MoqEvent.SessionEnded e)
    {
        if (!state.Sessions.TryGetValue(e.Session, out var entry))
            return (state, []);
        var sessions = state.Sessions.Remove(e.Session);
        var current = state.Current;
        if (current.TryGetValue(entry.Peer, out var session) && session == e.Session)
        {
            // An older session with the peer that is still open takes its place.
            var older = sessions.LastOrDefault(other => other.Value.Peer == entry.Peer);
            current = older.Key == 0 ? current.Remove(entry.Peer) : current.SetItem(entry.Peer, older.Key);
        }

        return (state with { Sessions = sessions, Current = current }, [new MoqEffect.ReportClosed(e.Session)]);
    }

    private static (MoqState, ImmutableArray<MoqEffect>) OnBroadcastPublished(MoqState state, MoqEvent.BroadcastPublished e)
    {
        if (state.IsClosed)
            return (state, [new MoqEffect.Forget(e.Broadcast)]);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(state.Sessions.Count + 1);
        foreach (var session in state.Sessions.Keys)
            effects.Add(new MoqEffect.Announce(session, e.Broadcast));
        if (state.Broadcasts.TryGetValue(e.Name, out var replaced))
            effects.Add(new MoqEffect.Forget(replaced));
        return (state with { Broadcasts = state.Broadcasts.SetItem(e.Name, e.Broadcast) }, effects.ToImmutable());
    }

    private static (MoqState, ImmutableArray<MoqEffect>) OnBroadcastEnded(MoqState state, MoqEvent.BroadcastEnded e)
    {
        if (!state.Broadcasts.TryGetValue(e.Name, out var current) || current != e.Broadcast)
            return (state, []);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(state.Sessions.Count + 1);
        foreach (var session in state.Sessions.Keys)
            effects.Add(new MoqEffect.Withdraw(session, e.Broadcast));
        effects.Add(new MoqEffect.Forget(e.Broadcast));
        return (state with { Broadcasts = state.Broadcasts.Remove(e.Name) }, effects.ToImmutable());
    }

    private static (MoqState, ImmutableArray<MoqEffect>) OnShutdown(MoqState state)
    {
        if (state.IsClosed)
            return (state, []);
        var effects = ImmutableArray.CreateBuilder<MoqEffect>();
        foreach (var dial in state.Dials.Values)
        {
            effects.Add(new MoqEffect.CancelDial(dial.Dial));
            foreach (var waiter in dial.Waiters)
                effects.Add(new MoqEffect.RefuseWaiter(waiter));
        }

        foreach (var session in state.Sessions.Keys)
            effects.Add(new MoqEffect.Close(session, MoqErrorCode.Cancel, ShutdownReason));
        // The sessions stay until they report their ends, so that every opening gets its closing.
        return (state with { IsClosed = true, Dials = MoqState.Empty.Dials }, effects.ToImmutable());
    }

    /// <summary>The steps of the seed: announce what is published, store, watch, and fulfil who waits.</summary>
    private static (MoqState State, ImmutableArray<MoqEffect> Effects) Establish(MoqState state, long session, SessionEntry entry, ImmutableSortedSet<long> waiters)
    {
        var effects = ImmutableArray.CreateBuilder<MoqEffect>(state.Broadcasts.Count + waiters.Count + 1);
        foreach (var broadcast in state.Broadcasts.Values)
            effects.Add(new MoqEffect.Announce(session, broadcast));
        effects.Add(new MoqEffect.Open(session));
        foreach (var waiter in waiters)
            effects.Add(new MoqEffect.CompleteWaiter(waiter, session));
        return (state with { Sessions = state.Sessions.Add(session, entry), Current = state.Current.SetItem(entry.Peer, session) }, effects.ToImmutable());
    }
}
