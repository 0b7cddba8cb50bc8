namespace IrohMoq.Reactive;

/// <summary>Specifies what ended a broadcast.</summary>
public enum BroadcastEndCause
{
    /// <summary>
    /// The producer finished the broadcast. Only the publisher's side reports this value; a remote peer reports <see cref="Withdrawn"/>.
    /// </summary>
    Finished,

    /// <summary>The peer stopped announcing the broadcast, because it was finished, withdrawn or replaced there.</summary>
    Withdrawn,

    /// <summary>The producer aborted the broadcast, or disposed it before finishing it.</summary>
    Aborted,

    /// <summary>
    /// The session in which the broadcast was received, or the connection of that session, has ended. It is not known whether the
    /// publisher continues the broadcast.
    /// </summary>
    SessionEnded,
}
