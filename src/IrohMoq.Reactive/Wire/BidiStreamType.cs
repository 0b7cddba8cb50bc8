namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Specifies the type of a bidirectional stream, which is the first varint on the stream. A peer may use a type that is not defined here;
/// its stream is reset.
/// </summary>
internal enum BidiStreamType : ulong
{
    /// <summary>The stream is the session stream, which exists only in moq-lite-01 and 02.</summary>
    Session = 0,

    /// <summary>
    /// The stream carries an ANNOUNCE_REQUEST. In moq-lite-03 and 04 any number of ANNOUNCE messages answer it, in 05 an ANNOUNCE_OK and
    /// ANNOUNCE messages, in 06 an ANNOUNCE_OK and ANNOUNCE_START, ANNOUNCE_UPDATE and ANNOUNCE_END messages.
    /// </summary>
    Announce = 1,

    /// <summary>
    /// The stream carries a SUBSCRIBE and any number of SUBSCRIBE_UPDATE messages, answered by SUBSCRIBE_OK and SUBSCRIBE_DROP, and from
    /// moq-lite-05 on by SUBSCRIBE_END.
    /// </summary>
    Subscribe = 2,

    /// <summary>The stream carries a FETCH, answered by frames.</summary>
    Fetch = 3,

    /// <summary>The stream carries any number of PROBE messages in either direction, possibly none.</summary>
    Probe = 4,

    /// <summary>The stream carries one GOAWAY. It exists from moq-lite-04 on.</summary>
    Goaway = 5,

    /// <summary>The stream carries a TRACK, answered by one TRACK_INFO. It exists from moq-lite-05 on.</summary>
    Track = 6,
}
