namespace IrohMoq.Reactive.Testing;

/// <summary>What a step of the program of a <see cref="ManagerScenario"/> does.</summary>
internal enum ManagerAction
{
    /// <summary>One to four callers of a peer connect to another at once.</summary>
    Dial,

    /// <summary>Two peers connect to one another at the same time.</summary>
    DialBoth,

    /// <summary>The newest caller of a peer that waits for a session cancels.</summary>
    CancelDial,

    /// <summary>A peer publishes a broadcast; one with the same name is replaced.</summary>
    Publish,

    /// <summary>A peer withdraws a broadcast.</summary>
    Unpublish,

    /// <summary>A peer finishes or aborts a broadcast.</summary>
    EndBroadcast,

    /// <summary>A peer writes a group, at once or frame by frame.</summary>
    Write,

    /// <summary>A peer subscribes to a broadcast of another and reads its track to the end.</summary>
    Follow,

    /// <summary>A reader of a peer cancels.</summary>
    CancelReader,

    /// <summary>A peer closes a session with a code of its own.</summary>
    Close,

    /// <summary>A peer disposes its handle of a session.</summary>
    Release,

    /// <summary>The link between two peers is cut.</summary>
    Cut,

    /// <summary>The link between two peers is healed.</summary>
    Heal,

    /// <summary>A peer is killed.</summary>
    Kill,

    /// <summary>A peer shuts down.</summary>
    ShutDown,

    /// <summary>A peer that is gone starts again, at a new address or at its old one.</summary>
    Restart,

    /// <summary>One more observer subscribes to the sessions of a peer.</summary>
    Observe,

    /// <summary>An observer of the sessions of a peer unsubscribes.</summary>
    Unobserve,

    /// <summary>A peer writes many groups, tiny or huge. This and the following happen in a harsh world only.</summary>
    WriteMany,

    /// <summary>A peer reads a track of another, in one of several ways.</summary>
    Read,

    /// <summary>An observer subscribes that throws, or that unsubscribes while it is called.</summary>
    ObserveFaultily,

    /// <summary>A peer subscribes to the announcements of all its sessions.</summary>
    ObserveAnnouncements,

    /// <summary>A peer keeps a session with another by <c>Reconnect</c>.</summary>
    Reconnect,

    /// <summary>A peer holds a session with another by <c>Connect</c>.</summary>
    Connect,

    /// <summary>A peer ends one of its subscriptions to announcements, <c>Reconnect</c> or <c>Connect</c>.</summary>
    Unsubscribe,

    /// <summary>A peer admits another no longer, or again.</summary>
    Admit,
}
