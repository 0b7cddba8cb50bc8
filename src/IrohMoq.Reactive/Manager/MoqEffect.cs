namespace IrohMoq.Reactive.Manager;

/// <summary>
/// Represents an action for the manager to carry out, as a value. The abstract record from which an effect derives determines the
/// handler that carries it out; the result is reported as an event.
/// </summary>
internal abstract record MoqEffect;

/// <summary>Represents an effect on a dial.</summary>
internal abstract record DialEffect : MoqEffect
{
    /// <summary>Starts to dial a peer.</summary>
    internal sealed record Start(long Dial, EndpointAddr Remote, SessionRequest? Request = null) : DialEffect;

    /// <summary>Starts to dial a peer again, at the address at which a connection was dialed that it replaces.</summary>
    internal sealed record Repeat(long Dial, long Connection) : DialEffect;

    /// <summary>Adds addresses to a running dial.</summary>
    internal sealed record Extend(long Dial, EndpointAddr Remote) : DialEffect;

    /// <summary>Cancels a dial for which no caller waits any more.</summary>
    internal sealed record Cancel(long Dial) : DialEffect;

    /// <summary>Removes a dial that has ended.</summary>
    internal sealed record End(long Dial) : DialEffect;
}

/// <summary>Represents an answer to a caller that waits for a session.</summary>
internal abstract record ReplyEffect(long Caller) : MoqEffect
{
    /// <summary>Completes the call with a session.</summary>
    internal sealed record Complete(long Caller, long Session) : ReplyEffect(Caller);

    /// <summary>Fails the call with the exception of a failed dial.</summary>
    internal sealed record Fail(long Caller, long Dial) : ReplyEffect(Caller);

    /// <summary>Fails the call without a dial, because the manager cannot provide a session.</summary>
    internal sealed record Refuse(long Caller, CallerRefusal Refusal) : ReplyEffect(Caller);
}

/// <summary>Represents an effect on a connection.</summary>
internal abstract record ConnectionEffect : MoqEffect
{
    /// <summary>Waits for the peer to open a stream on a candidate: a connection of a peer that has a session already.</summary>
    internal sealed record AwaitStream(long Connection) : ConnectionEffect;

    /// <summary>
    /// Closes a connection that another one replaces, as soon as it carries no subscriptions or its time limit elapses.
    /// </summary>
    internal sealed record Retire(long Connection) : ConnectionEffect;

    /// <summary>Closes a connection that the peer has asked this side to leave, as soon as it carries no subscriptions.</summary>
    /// <param name="Connection">The connection.</param>
    /// <param name="HasSuccessor">
    /// True if another connection carries the session, so that the subscriptions have only a limited time to move.
    /// </param>
    internal sealed record Drain(long Connection, bool HasSuccessor) : ConnectionEffect;

    /// <summary>Closes and removes a connection that never carried a session.</summary>
    internal sealed record Refuse(long Connection, MoqErrorCode Code, string Reason) : ConnectionEffect;

    /// <summary>Disposes and removes a connection that has ended.</summary>
    internal sealed record Forget(long Connection) : ConnectionEffect;
}

/// <summary>Represents an effect on a session.</summary>
internal abstract record SessionEffect : MoqEffect
{
    /// <summary>Creates a session on the connection with the same number.</summary>
    internal sealed record Create(long Session, bool IsOutbound) : SessionEffect;

    /// <summary>Starts the time limit for the application to accept or reject a new session.</summary>
    internal sealed record AwaitDecision(long Session) : SessionEffect;

    /// <summary>Refuses a session that the application has neither accepted nor rejected in time.</summary>
    internal sealed record RefuseUndecided(long Session) : SessionEffect;

    /// <summary>
    /// Announces a broadcast on a session. If the session already announces a broadcast with the same name, that announcement ends
    /// first.
    /// </summary>
    internal sealed record Announce(long Session, long Broadcast) : SessionEffect;

    /// <summary>Withdraws a broadcast from a session. A later broadcast with the same name stays announced.</summary>
    internal sealed record Withdraw(long Session, long Broadcast) : SessionEffect;

    /// <summary>Starts to serve a session.</summary>
    internal sealed record Open(long Session) : SessionEffect;

    /// <summary>Adds another connection to an open session.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Connection">The new connection.</param>
    /// <param name="Preferred">The connection that the session prefers from now on.</param>
    internal sealed record Join(long Session, long Connection, long Preferred) : SessionEffect;

    /// <summary>Sets the connection that a session prefers, because the peer has asked this side to leave the former one.</summary>
    internal sealed record Prefer(long Session, long Preferred) : SessionEffect;

    /// <summary>Removes an ended connection from a session that has another connection.</summary>
    internal sealed record Leave(long Session, long Connection, long Preferred) : SessionEffect;

    /// <summary>Removes the last connection from a session, but keeps the session until the dial for its next connection ends.</summary>
    internal sealed record Park(long Session, long Connection) : SessionEffect;

    /// <summary>Starts the timer after which an unused session, of which the application holds no handle, is closed.</summary>
    internal sealed record StartLinger(long Session, long Linger) : SessionEffect;

    /// <summary>
    /// Closes all connections of a session once the peer has received the finished tracks, or when the time limit elapses. Each
    /// connection reports its end separately.
    /// </summary>
    internal sealed record Close(long Session, MoqErrorCode Code, string Reason) : SessionEffect;

    /// <summary>
    /// Asks the peer of a session to leave because of the shutdown of this side, and then closes the session like <see cref="Close"/>.
    /// </summary>
    internal sealed record ShutDown(long Session, MoqErrorCode Code, string Reason) : SessionEffect;

    /// <summary>Ends a session that a later session with the same peer replaces. Its connections are retired separately.</summary>
    internal sealed record Supersede(long Session, long Successor) : SessionEffect;

    /// <summary>
    /// Ends a session whose last connection has ended or that this side has closed, and completes all operations that wait for the
    /// session.
    /// </summary>
    internal sealed record End(long Session) : SessionEffect;

    /// <summary>Removes a session that has no connection.</summary>
    internal sealed record Forget(long Session) : SessionEffect;
}

/// <summary>Represents an effect on a published broadcast.</summary>
internal abstract record BroadcastEffect : MoqEffect
{
    /// <summary>
    /// Removes a broadcast that is no longer published, or that could not be published because the manager is shut down.
    /// </summary>
    internal sealed record Forget(long Broadcast) : BroadcastEffect;
}

/// <summary>Represents a notification of the manager's observers. All notifications are delivered in one common order.</summary>
internal abstract record NoticeEffect : MoqEffect
{
    /// <summary>A peer dialed, and its session waits to be accepted by the application.</summary>
    internal sealed record SessionOffered(long Session) : NoticeEffect;

    /// <summary>An offered session ended without being accepted.</summary>
    internal sealed record OfferEnded(long Session) : NoticeEffect;

    /// <summary>A session opened.</summary>
    internal sealed record SessionOpened(long Session) : NoticeEffect;

    /// <summary>A session ended.</summary>
    internal sealed record SessionEnded(long Session) : NoticeEffect;

    /// <summary>The peer of a session asked this side to leave.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Uri">The URI at which the peer may be reached instead; empty if it has named none.</param>
    /// <param name="IsMoving">True if the session continues over another connection, or one is being dialed.</param>
    internal sealed record PeerGoingAway(long Session, string Uri, bool IsMoving) : NoticeEffect;

    /// <summary>A broadcast was published.</summary>
    /// <param name="Broadcast">The broadcast.</param>
    /// <param name="IsReplacing">True if the broadcast replaced another one with the same name.</param>
    internal sealed record BroadcastPublished(long Broadcast, bool IsReplacing) : NoticeEffect;

    /// <summary>A published broadcast ended.</summary>
    internal sealed record BroadcastEnded(long Broadcast, BroadcastEndedBy By) : NoticeEffect;
}
