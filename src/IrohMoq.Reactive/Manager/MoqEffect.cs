namespace IrohMoq.Reactive.Manager;

/// <summary>
/// Something to do, as a value. Its kind, which is one of the abstract records below, says who carries it out; what it leads to comes back
/// as an event.
/// </summary>
internal abstract record MoqEffect;

/// <summary>An effect on a dial.</summary>
internal abstract record DialEffect : MoqEffect
{
    /// <summary>Dials a peer.</summary>
    internal sealed record Start(long Dial, EndpointAddr Remote) : DialEffect;

    /// <summary>Tries these addresses as well.</summary>
    internal sealed record Extend(long Dial, EndpointAddr Remote) : DialEffect;

    /// <summary>Cancels a dial that no caller waits for.</summary>
    internal sealed record Cancel(long Dial) : DialEffect;

    /// <summary>Forgets a dial that has ended.</summary>
    internal sealed record End(long Dial) : DialEffect;
}

/// <summary>An answer to a caller that waits for a session.</summary>
internal abstract record ReplyEffect(long Caller) : MoqEffect
{
    /// <summary>Hands a session out.</summary>
    internal sealed record Complete(long Caller, long Session) : ReplyEffect(Caller);

    /// <summary>Fails the call with the failure of a dial.</summary>
    internal sealed record Fail(long Caller, long Dial) : ReplyEffect(Caller);

    /// <summary>Fails the call: there is nothing to wait for.</summary>
    internal sealed record Refuse(long Caller, CallerRefusal Refusal) : ReplyEffect(Caller);
}

/// <summary>An effect on a connection.</summary>
internal abstract record ConnectionEffect : MoqEffect
{
    /// <summary>Waits until the peer opens a stream on a connection, although it has a session already.</summary>
    internal sealed record AwaitStream(long Connection) : ConnectionEffect;

    /// <summary>Closes a connection that another one replaces, once it carries no subscription.</summary>
    internal sealed record Retire(long Connection) : ConnectionEffect;

    /// <summary>Closes a connection that never carried a session, and forgets it.</summary>
    internal sealed record Refuse(long Connection, MoqErrorCode Code, string Reason) : ConnectionEffect;

    /// <summary>Disposes and forgets a connection that has ended.</summary>
    internal sealed record Forget(long Connection) : ConnectionEffect;
}

/// <summary>An effect on a session.</summary>
internal abstract record SessionEffect : MoqEffect
{
    /// <summary>Creates a session on the connection of the same number.</summary>
    internal sealed record Create(long Session, bool IsOutbound) : SessionEffect;

    /// <summary>Waits for the application's decision about a new session.</summary>
    internal sealed record AwaitDecision(long Session) : SessionEffect;

    /// <summary>Refuses a session that the application has not decided about in time.</summary>
    internal sealed record RefuseUndecided(long Session) : SessionEffect;

    /// <summary>
    /// Announces a broadcast on a session. If the session already announces a broadcast of the same name, that announcement ends first.
    /// </summary>
    internal sealed record Announce(long Session, long Broadcast) : SessionEffect;

    /// <summary>Withdraws a broadcast from a session. One that has taken its name stays.</summary>
    internal sealed record Withdraw(long Session, long Broadcast) : SessionEffect;

    /// <summary>Starts to serve a session.</summary>
    internal sealed record Open(long Session) : SessionEffect;

    /// <summary>Adds a second connection to an open session.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Connection">The new connection.</param>
    /// <param name="Preferred">The one of its connections that stays.</param>
    internal sealed record Join(long Session, long Connection, long Preferred) : SessionEffect;

    /// <summary>Removes a connection that has ended from a session that has another one.</summary>
    internal sealed record Leave(long Session, long Connection, long Preferred) : SessionEffect;

    /// <summary>Keeps a session without a connection until the dial ends that brings its next one.</summary>
    internal sealed record Park(long Session, long Connection) : SessionEffect;

    /// <summary>Starts the time after which a session that no caller holds is closed.</summary>
    internal sealed record StartLinger(long Session, long Linger) : SessionEffect;

    /// <summary>
    /// Closes all connections of a session, once the peer has received its finished tracks; each connection reports its end by itself.
    /// </summary>
    internal sealed record Close(long Session, MoqErrorCode Code, string Reason) : SessionEffect;

    /// <summary>Ends a session that a later session with the same peer replaces; its connections are retired.</summary>
    internal sealed record Supersede(long Session) : SessionEffect;

    /// <summary>
    /// Ends a session with the end of its last connection, or as this side closed it: everything that waits for it goes on.
    /// </summary>
    internal sealed record End(long Session) : SessionEffect;

    /// <summary>Forgets a session that has no connection.</summary>
    internal sealed record Forget(long Session) : SessionEffect;
}

/// <summary>An effect on a published broadcast.</summary>
internal abstract record BroadcastEffect : MoqEffect
{
    /// <summary>Forgets a broadcast that has lost its name, or never got it.</summary>
    internal sealed record Forget(long Broadcast) : BroadcastEffect;
}

/// <summary>Something that observers are notified of. All notices are in one order.</summary>
internal abstract record NoticeEffect : MoqEffect
{
    /// <summary>A peer dialed, and its session waits for the application's decision.</summary>
    internal sealed record SessionOffered(long Session) : NoticeEffect;

    /// <summary>A session that was offered ended without being accepted.</summary>
    internal sealed record OfferEnded(long Session) : NoticeEffect;

    /// <summary>A session opened.</summary>
    internal sealed record SessionOpened(long Session) : NoticeEffect;

    /// <summary>A session ended.</summary>
    internal sealed record SessionEnded(long Session) : NoticeEffect;

    /// <summary>A broadcast got a name.</summary>
    /// <param name="Broadcast">The broadcast.</param>
    /// <param name="IsReplacing">True if another one had it before.</param>
    internal sealed record BroadcastPublished(long Broadcast, bool IsReplacing) : NoticeEffect;

    /// <summary>A broadcast lost its name.</summary>
    internal sealed record BroadcastEnded(long Broadcast, BroadcastEndedBy By) : NoticeEffect;
}
