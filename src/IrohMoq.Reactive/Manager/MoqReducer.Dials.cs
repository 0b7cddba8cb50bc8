using System.Collections.Immutable;
using EffectList = System.Collections.Immutable.ImmutableArray<IrohMoq.Reactive.Manager.MoqEffect>.Builder;

namespace IrohMoq.Reactive.Manager;

/// <content>The rules for callers that request a session with a peer, and for the dials that are made for them.</content>
internal static partial class MoqReducer
{
    private static MoqStep OnConnectRequested(MoqState state, MoqEvent.ConnectRequested e)
    {
        var peer = PeerKey.Of(e.Remote.Id);
        if (state.IsClosed)
            return Step(state, new ReplyEffect.Refuse(e.Caller, CallerRefusal.ShutDown));
        if (state.SessionWith(peer) is { } session && !state.IsLeaving(state.Sessions[session]))
        {
            var entry = state.Sessions[session];
            return entry.Serves(e.Request)
                ? Step(state.WithSession(session, entry.Leased()), new ReplyEffect.Complete(e.Caller, session))
                : Step(state, new ReplyEffect.Refuse(e.Caller, CallerRefusal.OtherRequest));
        }

        if (state.Dials.TryGetValue(peer, out var dial))
        {
            if (!dial.Serves(e.Request))
                return Step(state, new ReplyEffect.Refuse(e.Caller, CallerRefusal.OtherRequest));
            return Step(
                state with { Dials = state.Dials.SetItem(peer, dial with { Callers = dial.Callers.Add(e.Caller) }) },
                new DialEffect.Extend(dial.Dial, e.Remote));
        }

        if (state.IsFull)
            return Step(state, new ReplyEffect.Refuse(e.Caller, CallerRefusal.TooManySessions));
        return Step(
            state with { Dials = state.Dials.Add(peer, new DialEntry(e.Dial, [e.Caller]) { Request = e.Request }) },
            new DialEffect.Start(e.Dial, e.Remote, e.Request));
    }

    private static MoqStep OnConnectCanceled(MoqState state, MoqEvent.ConnectCanceled e)
    {
        if (!state.Dials.TryGetValue(e.Peer, out var dial) || !dial.Callers.Contains(e.Caller))
            return Step(state);
        var left = dial.Callers.Remove(e.Caller);
        if (!left.IsEmpty || dial.IsMove)
            return Step(state with { Dials = state.Dials.SetItem(e.Peer, dial with { Callers = left }) });
        var effects = NewList();
        effects.Add(new DialEffect.Cancel(dial.Dial));
        return Step(EndParked(state with { Dials = state.Dials.Remove(e.Peer) }, e.Peer, effects), effects);
    }

    private static MoqStep OnDialSucceeded(MoqState state, MoqEvent.DialSucceeded e)
    {
        // A dial that was canceled, or replaced by another one, may still succeed.
        var isAwaited = state.Dials.TryGetValue(e.Peer, out var dial) && dial.Dial == e.Dial;
        var next = isAwaited ? state with { Dials = state.Dials.Remove(e.Peer) } : state;
        var effects = NewList();
        if (!isAwaited || state.IsClosed)
        {
            effects.Add(new ConnectionEffect.Refuse(e.Connection, MoqErrorCode.Cancel, ShutdownReason));
            if (isAwaited)
                next = EndParked(next, e.Peer, effects);
            effects.Add(new DialEffect.End(e.Dial));
            return Step(next, effects);
        }

        long session;
        if (next.SessionWith(e.Peer) is { } open)
        {
            (next, session) = (Join(next, open, e.Connection, isOutbound: true, effects), open);
        }
        else if (Undecided(next, e.Peer) is { } undecided)
        {
            // Dialing a peer accepts the session that the peer has offered.
            next = Join(Open(next, undecided, effects), undecided, e.Connection, isOutbound: true, effects);
            session = undecided;
        }
        else if (dial!.IsMove && dial.Callers.IsEmpty)
        {
            // The session that the connection is for has ended meanwhile.
            effects.Add(new ConnectionEffect.Refuse(e.Connection, MoqErrorCode.Cancel, UnusedReason));
            effects.Add(new DialEffect.End(e.Dial));
            return Step(next, effects);
        }
        else
        {
            (next, session) = (Establish(next, e.Connection, e.Peer, isOutbound: true, effects), e.Connection);
        }

        if (dial!.Request is { } request)
            next = next.WithSession(session, next.Sessions[session] with { Request = request });
        next = Complete(next, session, dial.Callers, effects);
        effects.Add(new DialEffect.End(e.Dial));
        return Step(next, effects);
    }

    private static MoqStep OnDialFailed(MoqState state, MoqEvent.DialFailed e)
    {
        if (!state.Dials.TryGetValue(e.Peer, out var dial) || dial.Dial != e.Dial)
            return Step(state, new DialEffect.End(e.Dial));
        var effects = NewList();
        foreach (var caller in dial.Callers)
            effects.Add(new ReplyEffect.Fail(caller, e.Dial));
        state = EndParked(state with { Dials = state.Dials.Remove(e.Peer) }, e.Peer, effects);
        if (state.SessionWith(e.Peer) is { } session)
            DrainIfLeft(state, e.Peer, state.Sessions[session], effects);
        effects.Add(new DialEffect.End(e.Dial));
        return Step(state, effects);
    }

    /// <summary>
    /// Completes the pending call of each caller of a dial, with a session as the result, and adds one handle of the session per caller.
    /// </summary>
    private static MoqState Complete(MoqState state, long session, ImmutableSortedSet<long> callers, EffectList effects)
    {
        var entry = state.Sessions[session];
        foreach (var caller in callers)
        {
            entry = entry.Leased();
            effects.Add(new ReplyEffect.Complete(caller, session));
        }

        return LingerIfUnused(state, session, entry, effects);
    }
}
