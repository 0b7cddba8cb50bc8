namespace IrohMoq.Reactive;

/// <summary>What ended a broadcast.</summary>
public enum BroadcastEndCause
{
    /// <summary>Its producer finished it. Only the side of the publisher knows this: for a peer the broadcast is withdrawn.</summary>
    Finished,

    /// <summary>The peer announces it no longer, because it was finished, withdrawn or replaced there.</summary>
    Withdrawn,

    /// <summary>Its producer aborted it, or disposed it before it was finished.</summary>
    Aborted,

    /// <summary>
    /// The session that it was received in has ended, or the connection of that session: whether the publisher goes on with it is not
    /// known.
    /// </summary>
    SessionEnded,
}
