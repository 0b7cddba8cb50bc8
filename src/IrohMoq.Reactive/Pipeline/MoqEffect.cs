namespace IrohMoq.Reactive.Pipeline;

/// <summary>What is to be done, as a value: the shell looks the numbers up and does it.</summary>
internal abstract record MoqEffect
{
    /// <summary>Dial a peer.</summary>
    internal sealed record StartDial(long Dial, EndpointAddr Remote) : MoqEffect;

    /// <summary>Try these places as well.</summary>
    internal sealed record ExtendDial(long Dial, EndpointAddr Remote) : MoqEffect;

    /// <summary>Nobody waits for the dial any more.</summary>
    internal sealed record CancelDial(long Dial) : MoqEffect;

    /// <summary>The dial has brought its result; nothing is kept of it.</summary>
    internal sealed record EndDial(long Dial) : MoqEffect;

    /// <summary>Give a caller a session that has been there before, if it is still open.</summary>
    internal sealed record OfferSession(long Waiter, long Dial, EndpointAddr Remote, long Session) : MoqEffect;

    /// <summary>Give a caller the session that it waited for, whatever has become of it.</summary>
    internal sealed record CompleteWaiter(long Waiter, long Session) : MoqEffect;

    /// <summary>Tell a caller that its dial failed.</summary>
    internal sealed record FailWaiter(long Waiter, long Dial) : MoqEffect;

    /// <summary>Tell a caller that there is nothing to wait for.</summary>
    internal sealed record RefuseWaiter(long Waiter, WaiterRefusal Refusal) : MoqEffect;

    /// <summary>Announce a broadcast on a session; one of the same name ends there first.</summary>
    internal sealed record Announce(long Session, long Broadcast) : MoqEffect;

    /// <summary>Take a broadcast back from a session. One that has taken its name stays.</summary>
    internal sealed record Withdraw(long Session, long Broadcast) : MoqEffect;

    /// <summary>A peer's connection becomes a session that waits for the application's decision; tell the observers.</summary>
    internal sealed record Offer(long Session) : MoqEffect;

    /// <summary>The application's time to decide is over: refuse the session if nobody has decided.</summary>
    internal sealed record RefuseUndecided(long Session) : MoqEffect;

    /// <summary>A peer that has a session has dialed again: say whether it opens a stream on the new connection.</summary>
    internal sealed record AwaitStream(long Connection) : MoqEffect;

    /// <summary>A connection becomes a session, unless it has been offered as one before.</summary>
    internal sealed record Establish(long Session, bool IsOutbound) : MoqEffect;

    /// <summary>Begin to serve a session and tell the observers of it.</summary>
    internal sealed record Open(long Session) : MoqEffect;

    /// <summary>A second connection carries a session that is open.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Connection">The connection that has come.</param>
    /// <param name="Main">The one of its connections that stays.</param>
    internal sealed record Join(long Session, long Connection, long Main) : MoqEffect;

    /// <summary>A connection of a session is over; another one carries it on.</summary>
    internal sealed record Leave(long Session, long Connection, long Main) : MoqEffect;

    /// <summary>A connection of a session is over; the one that is to carry it on is still being dialed.</summary>
    internal sealed record Hold(long Session, long Connection) : MoqEffect;

    /// <summary>What a session was held for has not come: tell the observers that it is over.</summary>
    internal sealed record ReportHeldClosed(long Session) : MoqEffect;

    /// <summary>Another connection has taken the place of this one: close it once it carries no subscription.</summary>
    internal sealed record Retire(long Connection) : MoqEffect;

    /// <summary>A later session with the same peer has taken the place of this one: tell the observers.</summary>
    internal sealed record ReportSuperseded(long Session) : MoqEffect;

    /// <summary>Tell the observers that a session is over.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Connection">Whose end tells why.</param>
    internal sealed record ReportClosed(long Session, long Connection) : MoqEffect;

    /// <summary>A session that was offered is over, and nobody had accepted it.</summary>
    internal sealed record ReportUndecidedClosed(long Session, long Connection) : MoqEffect;

    /// <summary>Nothing is kept of a connection that is over.</summary>
    internal sealed record ForgetConnection(long Connection) : MoqEffect;

    /// <summary>Nothing is kept of a session that nothing carries.</summary>
    internal sealed record ForgetSession(long Session) : MoqEffect;

    /// <summary>Close a session with all that carries it, once the peer has what is finished of its tracks; each connection reports its end by itself.</summary>
    internal sealed record Close(long Session, MoqErrorCode Code, string Reason) : MoqEffect;

    /// <summary>Close a connection that never carried anything, and forget it.</summary>
    internal sealed record Refuse(long Connection, MoqErrorCode Code, string Reason) : MoqEffect;

    /// <summary>Nobody holds the session: say so when the linger is over.</summary>
    internal sealed record StartLinger(long Session, long Linger) : MoqEffect;

    /// <summary>A broadcast has a name: tell the observers.</summary>
    /// <param name="Broadcast">The broadcast.</param>
    /// <param name="IsReplacing">True if another one had it before.</param>
    internal sealed record ReportPublished(long Broadcast, bool IsReplacing) : MoqEffect;

    /// <summary>A broadcast has lost its name, or never got it: tell the observers if it had one, and forget it.</summary>
    internal sealed record ForgetBroadcast(long Broadcast, BroadcastEndedBy By) : MoqEffect;

    /// <summary>Everything is over: complete the streams and whoever waits for the shutdown.</summary>
    internal sealed record Finish : MoqEffect;
}
