namespace IrohMoq.Reactive.Testing;

/// <summary>Specifies the action of a step of a <see cref="RelayScenario"/>.</summary>
internal enum RelayAction
{
    /// <summary>A relay or a reader begins to maintain a session with a peer that it reads from.</summary>
    Link,

    /// <summary>A relay or a reader ends such a session, and does not dial again.</summary>
    Unlink,

    /// <summary>One side closes a session between two peers. The side that has dialed dials again.</summary>
    Close,

    /// <summary>One side asks the other one to leave the session. What is read goes on over another connection.</summary>
    GoAway,

    /// <summary>The link between two peers is cut.</summary>
    Cut,

    /// <summary>The link between two peers is restored.</summary>
    Heal,

    /// <summary>A peer is killed.</summary>
    Kill,

    /// <summary>A peer shuts down: it asks those that have dialed to leave.</summary>
    ShutDown,

    /// <summary>A peer that was killed or shut down is started again at its address, as another process.</summary>
    Restart,

    /// <summary>A publisher publishes a broadcast, which replaces an earlier one with the same name.</summary>
    Publish,

    /// <summary>A publisher withdraws a broadcast.</summary>
    Withdraw,

    /// <summary>A publisher finishes or aborts a broadcast.</summary>
    EndBroadcast,

    /// <summary>
    /// A publisher writes groups: one with pauses between the frames, many tiny ones, a few large ones, frames in pieces, or datagrams.
    /// </summary>
    Write,

    /// <summary>A relay stops forwarding a name.</summary>
    Silence,

    /// <summary>A relay forwards a name again.</summary>
    Resume,

    /// <summary>A reader waits for a broadcast by name, over all its sessions, and reads its track.</summary>
    Read,

    /// <summary>A reader waits for a broadcast by name, and fetches one group of its track.</summary>
    Fetch,

    /// <summary>A reading is canceled.</summary>
    CancelReading,

    /// <summary>One side of a session observes how fast the other one can send.</summary>
    ObserveRates,
}
