namespace IrohMoq.Reactive.Testing;

/// <summary>What a step of a random program does.</summary>
internal enum StepKind
{
    /// <summary>One to four callers of a peer want a session with another at once.</summary>
    Dial,

    /// <summary>Two peers dial one another at the same instant.</summary>
    Meet,

    /// <summary>The last caller of a peer that waits for a session waits no longer.</summary>
    GiveUp,

    /// <summary>A peer publishes a broadcast; one of that name is replaced.</summary>
    Publish,

    /// <summary>A peer takes a broadcast back.</summary>
    Unpublish,

    /// <summary>A broadcast ends by itself.</summary>
    EndBroadcast,

    /// <summary>A peer writes a group, at once or frame by frame.</summary>
    Write,

    /// <summary>A peer waits for a broadcast of another and reads its track.</summary>
    Follow,

    /// <summary>A reader leaves.</summary>
    Leave,

    /// <summary>A peer closes a session with a code of its own.</summary>
    Close,

    /// <summary>A peer gives a session back.</summary>
    GiveBack,

    /// <summary>Nothing passes between two peers any more.</summary>
    Cut,

    /// <summary>Two peers reach each other again.</summary>
    Heal,

    /// <summary>A peer vanishes.</summary>
    Kill,

    /// <summary>A peer shuts down.</summary>
    ShutDown,

    /// <summary>A peer that is gone comes again.</summary>
    Restart,

    /// <summary>One more observer of the sessions of a peer.</summary>
    Watch,

    /// <summary>An observer of the sessions of a peer leaves.</summary>
    Unwatch,

    /// <summary>A peer writes many groups, tiny or huge. Only in a harsh world, as all that follow.</summary>
    Pour,

    /// <summary>A peer reads a track of another, in a manner of its own.</summary>
    Read,

    /// <summary>One more observer of a peer, which throws or leaves while it is told.</summary>
    Observe,
}
