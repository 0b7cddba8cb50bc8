namespace IrohMoq.Reactive.Testing;

/// <summary>Specifies the action of a step of a <see cref="ManagerScenario"/>.</summary>
internal enum ManagerAction
{
    /// <summary>One to four callers of a peer connect to another peer at the same time.</summary>
    Dial,

    /// <summary>Two peers connect to each other at the same time.</summary>
    DialBoth,

    /// <summary>The newest pending connect call of a peer is canceled.</summary>
    CancelDial,

    /// <summary>A peer publishes a broadcast, which replaces an earlier broadcast with the same name.</summary>
    Publish,

    /// <summary>A peer withdraws a broadcast.</summary>
    Unpublish,

    /// <summary>A peer finishes or aborts a broadcast.</summary>
    EndBroadcast,

    /// <summary>A peer writes a group, with or without delays between the frames.</summary>
    Write,

    /// <summary>A peer subscribes to a broadcast of another peer and reads its track to the end.</summary>
    Follow,

    /// <summary>A reader of a peer is canceled.</summary>
    CancelReader,

    /// <summary>A peer closes a session with an application error code.</summary>
    Close,

    /// <summary>A peer disposes its handle of a session.</summary>
    Release,

    /// <summary>A peer asks the peer of one of its sessions to leave. What is read goes on over another connection.</summary>
    GoAway,

    /// <summary>The link between two peers is cut.</summary>
    Cut,

    /// <summary>The link between two peers is restored.</summary>
    Heal,

    /// <summary>A peer is killed.</summary>
    Kill,

    /// <summary>A peer shuts down.</summary>
    ShutDown,

    /// <summary>A peer that was killed or shut down is started again, at its old address or at a new one.</summary>
    Restart,

    /// <summary>An additional observer subscribes to the session events of a peer.</summary>
    Observe,

    /// <summary>An observer of the session events of a peer unsubscribes.</summary>
    Unobserve,

    /// <summary>A peer writes many groups, tiny or huge. This action and the following ones are used only in a harsh simulation.</summary>
    WriteMany,

    /// <summary>A peer reads a track of another peer, with one of several <see cref="ReaderBehavior"/> values.</summary>
    Read,

    /// <summary>An observer subscribes to a stream of a peer, and throws an exception or unsubscribes while it is called.</summary>
    ObserveFaultily,

    /// <summary>A peer subscribes to the announcements of all its sessions.</summary>
    ObserveAnnouncements,

    /// <summary>A peer uses <c>Reconnect</c> to maintain a session with another peer.</summary>
    Reconnect,

    /// <summary>A peer uses <c>Connect</c> to open a session with another peer.</summary>
    Connect,

    /// <summary>A peer ends one of its subscriptions to announcements, <c>Reconnect</c> or <c>Connect</c>.</summary>
    Unsubscribe,

    /// <summary>A peer changes its admission policy for another peer.</summary>
    Admit,

    /// <summary>A reader of a peer changes its order, priority and maximum latency.</summary>
    UpdateReader,

    /// <summary>A peer fetches one group of a track of another peer, by its number or the newest one.</summary>
    Fetch,

    /// <summary>A peer reads a track of another peer that is created on demand: it is accepted, rejected or ignored.</summary>
    Request,

    /// <summary>A peer requests and reads a broadcast that another peer creates on demand: it is accepted, rejected or ignored.</summary>
    RequestBroadcast,
}
