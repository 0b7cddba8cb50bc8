namespace IrohMoq.Reactive;

/// <summary>What ended a broadcast.</summary>
public enum BroadcastEndCause
{
    /// <summary>Its producer finished it. Only the publisher's own side knows: a peer is told that it is withdrawn.</summary>
    Finished,

    /// <summary>The peer announces it no longer: it was finished, taken back, or replaced there.</summary>
    Withdrawn,

    /// <summary>Its producer gave it up, or disposed it before it was finished.</summary>
    Aborted,

    /// <summary>
    /// The session that it came by is over, or the connection of that session; what the publisher does with it is not known any more.
    /// </summary>
    SessionEnded,
}
